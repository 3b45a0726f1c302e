// The clock that times pings.
#pragma once

#include <chrono>
#include <ctime>

#include "lib/base/units.h"

namespace tcpstep {

// CLOCK_MONOTONIC (clock_gettime(2)), as std::chrono::steady_clock reads it, without the way
// through the C++ library: a call more between the ack's arrival and the reading.
struct MonotonicClock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<MonotonicClock>;
  static constexpr bool is_steady = true;  // NOLINT(readability-identifier-naming): a Clock has it

  static time_point now() noexcept {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return time_point(std::chrono::seconds(now.tv_sec) + Duration(now.tv_nsec));
  }
};

}  // namespace tcpstep
