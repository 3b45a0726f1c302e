#include "lib/net/poller.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <limits>

#include "lib/base/error.h"

namespace tcpstep {

Poller::Poller() : fd_(check_syscall(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")) {}

void Poller::add(const Fd& fd, std::uint64_t key) {
  epoll_event event{.events = EPOLLIN, .data = {.u64 = key}};
  check_syscall(::epoll_ctl(fd_.get(), EPOLL_CTL_ADD, fd.get(), &event), "epoll_ctl");
}

void Poller::await_room(const Fd& fd, std::uint64_t key) {
  change(fd, key, EPOLLOUT);
}

void Poller::await_data(const Fd& fd, std::uint64_t key) {
  change(fd, key, EPOLLIN);
}

void Poller::change(const Fd& fd, std::uint64_t key, std::uint32_t events) {
  epoll_event event{.events = events, .data = {.u64 = key}};
  check_syscall(::epoll_ctl(fd_.get(), EPOLL_CTL_MOD, fd.get(), &event), "epoll_ctl");
}

void Poller::remove(const Fd& fd) {
  check_syscall(::epoll_ctl(fd_.get(), EPOLL_CTL_DEL, fd.get(), nullptr), "epoll_ctl");
}

std::vector<std::uint64_t> Poller::wait(std::optional<Duration> limit,
                                        const sigset_t& signal_mask) {
  int milliseconds = -1;
  if (limit) {
    const auto rounded_up = std::chrono::ceil<std::chrono::milliseconds>(*limit).count();
    milliseconds = static_cast<int>(
        std::clamp<decltype(rounded_up)>(rounded_up, 0, std::numeric_limits<int>::max()));
  }
  std::array<epoll_event, 64> events{};
  const int count =
      ::epoll_pwait(fd_.get(), events.data(), events.size(), milliseconds, &signal_mask);
  if (count < 0 && errno != EINTR) {
    throw_system_error(errno, "wait for clients");
  }
  std::vector<std::uint64_t> keys;
  keys.reserve(static_cast<std::size_t>(std::max(count, 0)));
  for (int i = 0; i < count; ++i) {
    keys.push_back(events.at(static_cast<std::size_t>(i)).data.u64);
  }
  return keys;
}

}  // namespace tcpstep
