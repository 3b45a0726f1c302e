// Facts about this host for result files, and the quality of its clock and timers. What is
// unknown is empty.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lib/base/units.h"

namespace tcpstep {

struct HostInfo {
  std::string name;              // gethostname(2)
  std::string os;                // "Linux 6.1.0-28-amd64 x86_64" (uname(2))
  std::string cpu;               // model name
  std::uint32_t processors = 1;  // that this process may run on (sched_getaffinity(2))
  std::string clocksource;       // "tsc", "kvm-clock", ...
  std::string governor;          // cpufreq's, of processor 0: "performance", "powersave", ...
  std::string virtualization;    // "none", or what the firmware calls the virtual machine
  Duration idle_exit{0};       // longest exit latency of an enabled idle state; 0 if there is none
  std::optional<double> load;  // average of runnable tasks over the last minute (sysinfo(2))
};

[[nodiscard]] HostInfo describe_host();
// Average of runnable tasks over the last minute.
[[nodiscard]] std::optional<double> current_load();

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
