// Facts about this host that a result file states.
#pragma once

#include <string>

#include "lib/base/units.h"

namespace tcpstep {

struct HostInfo {
  std::string os;           // "Linux 6.1.0-28-amd64 x86_64" (uname(2))
  std::string cpu;          // model name and number of processors online
  std::string clocksource;  // "tsc", "kvm-clock", ...; "unknown" where sysfs does not say
};

[[nodiscard]] HostInfo describe_host();

// What a reading of the measuring clock (CLOCK_MONOTONIC) can show and costs.
struct ClockInfo {
  Duration resolution{0};    // clock_getres(2)
  Duration reading_cost{0};  // median of many back-to-back readings
};

[[nodiscard]] ClockInfo describe_clock();

}  // namespace tcpstep
