#include "lib/net/patience.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <ctime>
#include <limits>
#include <utility>

#include "lib/base/error.h"
#include "lib/net/waiting.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

constexpr int kTicksPerLimit = 8;

#ifndef sigev_notify_thread_id  // its name in timer_create(2), which not every glibc has
#define sigev_notify_thread_id _sigev_un._tid
#endif

// Not SIGRTMAX, which user-mode emulators such as qemu keep for themselves.
int tick_signal() {
  return SIGRTMIN + 5;
}

}  // namespace

void Patience::count_tick(int /*signal*/) {
  ticks_ = ticks_ == std::numeric_limits<std::sig_atomic_t>::max() ? 0 : ticks_ + 1;
}

void Patience::catch_ticks() {
  struct sigaction action {};
  action.sa_handler = count_tick;  // no SA_RESTART: above all it has to interrupt
  sigemptyset(&action.sa_mask);
  check_syscall(::sigaction(tick_signal(), &action, nullptr), "sigaction");
}

Patience::Patience(Patience&& other) noexcept
    : limit_(other.limit_),
      timer_(std::exchange(other.timer_, std::nullopt)),
      deadline_(other.deadline_) {}

Patience& Patience::operator=(Patience&& other) noexcept {
  std::swap(limit_, other.limit_);
  std::swap(timer_, other.timer_);
  std::swap(deadline_, other.deadline_);
  return *this;
}

void Patience::set_limit(Duration limit) {
  stop_ticks();
  limit_ = limit;
  deadline_.reset();
  if (limit == Duration::zero()) {
    return;
  }
  catch_ticks();
  sigevent event{};
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = tick_signal();
  event.sigev_notify_thread_id = ::gettid();
  timer_t timer{};
  check_syscall(::timer_create(CLOCK_MONOTONIC, &event, &timer), "timer_create");
  timer_ = timer;
  const timespec period = to_timespec(std::max<Duration>(limit / kTicksPerLimit, 1ms));
  const itimerspec ticks{.it_interval = period, .it_value = period};
  check_syscall(::timer_settime(timer, 0, &ticks, nullptr), "timer_settime");
}

bool Patience::is_over() noexcept {
  return is_past_deadline();
}

void Patience::stop_ticks() noexcept {
  if (timer_) {
    ::timer_delete(*timer_);
    timer_.reset();
  }
}

}  // namespace tcpstep
