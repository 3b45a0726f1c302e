#include "lib/host/doctor.h"

#include <fmt/format.h>

#include "lib/base/text.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

bool is_fast(const std::string& clocksource) {  // read by the vDSO, without a system call
  return clocksource == "tsc" || clocksource == "kvm-clock" || clocksource == "arch_sys_counter" ||
         clocksource == "hyperv_clocksource_tsc_page";
}

}  // namespace

std::vector<Warning> examine(const HostInfo& host, const TimerTest& timers) {
  std::vector<Warning> warnings;
  if (host.processors < 2) {
    warnings.push_back({.key = "one_processor",
                        .text = "there is one processor for everything",
                        .remedy = "Do not spin; keep other programs away while measuring."});
  }
  if (host.governor != "performance" && host.governor != "unknown") {
    warnings.push_back({.key = "governor",
                        .text = fmt::format("the frequency governor is {}", host.governor),
                        .remedy = "cpupower frequency-set -g performance"});
  }
  if (host.idle_exit > 10us) {
    warnings.push_back(
        {.key = "deep_idle",
         .text = fmt::format("an idle processor takes up to {} to wake up",
                             format_duration(host.idle_exit)),
         .remedy = "cpupower idle-set -D 10, or hold /dev/cpu_dma_latency at 0 while measuring"});
  }
  if (host.virtualization != "none") {
    warnings.push_back({.key = "virtual_machine",
                        .text = fmt::format("this is a virtual machine ({})", host.virtualization),
                        .remedy =
                            "Its host may take the processor away at any time: look at minima, "
                            "repeat runs, or measure on real hardware."});
  }
  if (!is_fast(host.clocksource) || timers.reading_cost > 100ns) {
    warnings.push_back({.key = "slow_clock",
                        .text = fmt::format("reading the clock ({}) takes {}", host.clocksource,
                                            format_duration(timers.reading_cost)),
                        .remedy =
                            "echo tsc > "
                            "/sys/devices/system/clocksource/clocksource0/current_clocksource"});
  }
  if (host.load > 0.5 * host.processors) {
    warnings.push_back({.key = "other_load",
                        .text = fmt::format("other programs are running (load {:.2f} on {})",
                                            host.load, count_of(host.processors, "processor")),
                        .remedy = "Stop them, or expect a long tail; the minimum suffers least."});
  }
  return warnings;
}

std::vector<Warning> compare_with_timers(Duration shortest_rtt, bool is_blocking,
                                         const TimerTest& timers) {
  std::vector<Warning> warnings;
  const Duration reading = std::max(timers.reading_cost, timers.resolution);
  if (shortest_rtt < 100 * reading) {
    warnings.push_back(
        {.key = "rtt_near_clock",
         .text = fmt::format("the shortest RTT, {}, is less than 100 readings of the "
                             "clock ({} each)",
                             format_duration(shortest_rtt), format_duration(reading)),
         .remedy = "Differences below 1 % are not the link's."});
  }
  if (is_blocking && shortest_rtt < timers.wakeup_median) {
    warnings.push_back(
        {.key = "rtt_below_wakeup",
         .text = fmt::format("the shortest RTT, {}, is below the time a sleeping "
                             "thread takes to wake up here ({})",
                             format_duration(shortest_rtt), format_duration(timers.wakeup_median)),
         .remedy = "Where the two programs run decides the numbers: pin both with "
                   "--cpu, or use --wait spin on idle processors."});
  }
  return warnings;
}

}  // namespace tcpstep
