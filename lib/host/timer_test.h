// What this host's clock and timers are good for, found out by trying.
#pragma once

#include "lib/base/units.h"

namespace tcpstep {

// Of CLOCK_MONOTONIC, which all RTTs are read from.
struct TimerTest {
  Duration resolution{0};     // clock_getres(2)
  Duration reading_cost{0};   // median of many readings back to back
  Duration wakeup_median{0};  // how late a sleeping thread wakes up: median
  Duration wakeup_p99{0};     // and 99th percentile
};

// Takes about 30 ms.
[[nodiscard]] TimerTest test_timers();

}  // namespace tcpstep
