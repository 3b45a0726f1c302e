#include "lib/host/timer_test.h"

#include <sys/prctl.h>

#include <algorithm>
#include <array>
#include <ctime>

#include "lib/base/error.h"

namespace tcpstep {
namespace {

using Clock = std::chrono::steady_clock;

template <std::size_t kCount>
Duration quantile(std::array<Duration, kCount>& values, std::size_t percent) {
  auto nth = values.begin() + (kCount - 1) * percent / 100;
  std::ranges::nth_element(values, nth);
  return *nth;
}

Duration cost_of_reading() {
  std::array<Duration, 201> costs{};
  for (Duration& cost : costs) {
    constexpr int kReadings = 50;
    const auto begin = Clock::now();
    for (int i = 1; i < kReadings; ++i) {
      static_cast<void>(Clock::now());
    }
    cost = (Clock::now() - begin) / kReadings;
  }
  return quantile(costs, 50);
}

// Sleeps until given moments with the least timer slack there is, and sees how late it gets up.
std::array<Duration, 100> wakeup_delays() {
  const int slack = ::prctl(PR_GET_TIMERSLACK);
  ::prctl(PR_SET_TIMERSLACK, 1UL);
  std::array<Duration, 100> delays{};
  for (Duration& delay : delays) {
    constexpr timespec kNap{.tv_sec = 0, .tv_nsec = 200'000};
    const auto due = Clock::now() + Duration(kNap.tv_nsec);
    ::clock_nanosleep(CLOCK_MONOTONIC, 0, &kNap, nullptr);
    delay = std::max(Clock::now() - due, Duration::zero());
  }
  ::prctl(PR_SET_TIMERSLACK, static_cast<unsigned long>(std::max(slack, 0)));
  return delays;
}

}  // namespace

TimerTest test_timers() {
  timespec resolution{};
  check_syscall(::clock_getres(CLOCK_MONOTONIC, &resolution), "clock_getres CLOCK_MONOTONIC");
  auto delays = wakeup_delays();
  return {.resolution = std::chrono::seconds(resolution.tv_sec) + Duration(resolution.tv_nsec),
          .reading_cost = cost_of_reading(),
          .wakeup_median = quantile(delays, 50),
          .wakeup_p99 = quantile(delays, 99)};
}

}  // namespace tcpstep
