#include "lib/net/channel.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <span>

#include "lib/base/error.h"
#include "lib/base/stop_request.h"
#include "lib/net/timespec.h"

namespace tcpstep {
namespace {

// Ticks of connections (patience.h) interrupt this wait as well; only a stop signal ends it.
bool poll_for(std::span<pollfd> fds, Duration limit) {
  using Clock = std::chrono::steady_clock;
  const auto deadline = Clock::now() + limit;
  for (;;) {
    const Duration left = std::max<Duration>(deadline - Clock::now(), Duration::zero());
    const timespec at_most = to_timespec(left);
    const int ready = ::ppoll(fds.data(), fds.size(), &at_most, nullptr);
    if (ready >= 0 || errno != EINTR || requested_stop() != 0) {
      return ready > 0;
    }
  }
}

// A message that may carry one descriptor.
struct Envelope {
  explicit Envelope(std::span<char> text) : place{.iov_base = text.data(), .iov_len = text.size()} {
    header.msg_iov = &place;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
  }
  Envelope(const Envelope&) = delete;
  Envelope& operator=(const Envelope&) = delete;

  iovec place;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr header{};
};

Fd descriptor_in(msghdr& header) {
  for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
    if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_RIGHTS) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(part), sizeof fd);
      return Fd(fd);
    }
  }
  return {};
}

}  // namespace

std::pair<Channel, Channel> Channel::make_pair() {
  std::array<int, 2> ends{};
  check_syscall(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()), "socketpair");
  return {Channel(Fd(ends[0])), Channel(Fd(ends[1]))};
}

bool Channel::send(std::string_view message) noexcept {
  return ::send(fd_.get(), message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT) >= 0;
}

bool Channel::send(const TcpConnection& connection) noexcept {
  char one = 'c';
  Envelope envelope(std::span(&one, 1));
  cmsghdr* part = CMSG_FIRSTHDR(&envelope.header);
  part->cmsg_level = SOL_SOCKET;
  part->cmsg_type = SCM_RIGHTS;
  part->cmsg_len = CMSG_LEN(sizeof(int));
  const int fd = connection.fd().get();
  std::memcpy(CMSG_DATA(part), &fd, sizeof fd);
  return ::sendmsg(fd_.get(), &envelope.header, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0;
}

Channel::Received Channel::receive(Duration limit) {
  pollfd waiting{.fd = fd_.get(), .events = POLLIN, .revents = 0};
  if (!poll_for(std::span(&waiting, 1), limit)) {
    return {};
  }
  std::string text(kLargestMessage, '\0');
  Envelope envelope(text);
  const ssize_t bytes = ::recvmsg(fd_.get(), &envelope.header, MSG_CMSG_CLOEXEC);
  Received received;
  if (bytes <= 0) {
    received.is_open = false;
    return received;
  }
  if (Fd fd = descriptor_in(envelope.header); fd.get() >= 0) {
    received.connection = TcpConnection::adopt(std::move(fd));
  } else {
    text.resize(static_cast<std::size_t>(bytes));
    received.message = std::move(text);
  }
  return received;
}

bool wait_for_either(const Fd& a, const Fd& b, Duration limit) {
  std::array<pollfd, 2> waiting{{{.fd = a.get(), .events = POLLIN, .revents = 0},
                                 {.fd = b.get(), .events = POLLIN, .revents = 0}}};
  return poll_for(waiting, limit);
}

bool is_readable(const Fd& fd) {
  pollfd waiting{.fd = fd.get(), .events = POLLIN, .revents = 0};
  return poll_for(std::span(&waiting, 1), Duration::zero());
}

}  // namespace tcpstep
