#include "lib/host/doctor.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "lib/base/text.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

constexpr Duration kSlowReading = 100ns;  // a reading by a system call; the vDSO's take 20 to 50 ns

std::string or_unknown(const std::string& fact) {
  return fact.empty() ? "unknown" : fact;
}

}  // namespace

std::vector<Warning> host_warnings(const HostInfo& host, const TimerTest& timers) {
  std::vector<Warning> warnings;
  if (host.processors < 2) {
    warnings.push_back({.key = "one_processor",
                        .text = "only one processor is available",
                        .remedy = std::string(remedy_of("one_processor"))});
  }
  if (!host.governor.empty() && host.governor != "performance") {
    warnings.push_back({.key = "governor",
                        .text = fmt::format("the frequency governor is {}", host.governor),
                        .remedy = std::string(remedy_of("governor"))});
  }
  if (host.idle_exit > 10us) {
    warnings.push_back({.key = "deep_idle",
                        .text = fmt::format("an idle processor takes up to {} to wake up",
                                            format_duration(host.idle_exit)),
                        .remedy = std::string(remedy_of("deep_idle"))});
  }
  if (!host.virtualization.empty() && host.virtualization != "none") {
    warnings.push_back(
        {.key = "virtual_machine",
         .text = fmt::format("this is a virtual machine ({})", host.virtualization),
         .remedy = "Its host may take the processor away at any time: trust the fastest pings, "
                   "repeat runs, or measure on real hardware."});
  }
  if (timers.reading_cost > kSlowReading) {
    warnings.push_back(
        {.key = "slow_clock",
         .text = fmt::format("reading the clock ({}) takes {}", or_unknown(host.clocksource),
                             format_duration(timers.reading_cost)),
         .remedy = "See /sys/devices/system/clocksource/clocksource0/available_clocksource, "
                   "and write a faster one, such as tsc, to current_clocksource there."});
  }
  if (host.load && *host.load > 0.5 * host.processors) {
    warnings.push_back({.key = "other_load",
                        .text = fmt::format("other programs are running (load {:.2f} on {})",
                                            *host.load, count_of(host.processors, "processor")),
                        .remedy = std::string(remedy_of("other_load"))});
  }
  return warnings;
}

std::vector<Warning> timer_warnings(Duration shortest_rtt, bool is_blocking,
                                    const TimerTest& timers) {
  std::vector<Warning> warnings;
  const Duration reading = std::max(timers.reading_cost, timers.resolution);
  if (shortest_rtt < 100 * reading) {
    warnings.push_back(
        {.key = "rtt_near_clock",
         .text = fmt::format("the shortest RTT, {}, is less than 100 readings of the "
                             "clock ({} each)",
                             format_duration(shortest_rtt), format_duration(reading)),
         .remedy = std::string(remedy_of("rtt_near_clock"))});
  }
  if (is_blocking && shortest_rtt < timers.wakeup_median) {
    warnings.push_back(
        {.key = "rtt_below_wakeup",
         .text = fmt::format("the shortest RTT, {}, is below the time a sleeping "
                             "thread takes to wake up here ({})",
                             format_duration(shortest_rtt), format_duration(timers.wakeup_median)),
         .remedy = "The numbers depend on where both programs run: pin them with --cpu, "
                   "or use --wait spin on idle processors."});
  }
  return warnings;
}

std::vector<Warning> interface_warnings(const InterfaceInfo& interface) {
  if (!interface.merges_segments || interface.name == "lo") {
    return {};
  }
  return {{.key = "segments_merged",
           .text = fmt::format("{} may carry several segments as one packet ({})", interface.name,
                               interface.offloads),
           .remedy = fmt::format("ethtool -K {} tso off gso off gro off lro off (on both hosts, to "
                                 "measure the cost of each segment)",
                                 interface.name)}};
}

HostFacts prepare_host(const Scheduling& scheduling) {
  HostFacts facts;
  facts.info = describe_host();  // before pinning: how many processors there are to use
  facts.scheduling = apply(scheduling);
  facts.timers = test_timers();
  facts.warnings = host_warnings(facts.info, facts.timers);
  facts.warnings.insert(facts.warnings.begin(), facts.scheduling.warnings.begin(),
                        facts.scheduling.warnings.end());
  return facts;
}

std::string render(const Warning& warning) {
  return fmt::format("  ! {}\n    {}", warning.text, warning.remedy);
}

std::string render_examination(const HostFacts& host,
                               const std::vector<InterfaceInfo>& interfaces) {
  const HostInfo& info = host.info;
  std::string text = fmt::format(
      "{}\n{}, {}, governor {}, clocksource {}, load {}\n"
      "clock: resolution {}, a reading takes {}; a sleeping thread wakes up {} late (p99 {})\n",
      info.os, or_unknown(info.cpu), count_of(info.processors, "processor"),
      or_unknown(info.governor), or_unknown(info.clocksource),
      info.load ? fmt::format("{:.2f}", *info.load) : "unknown",
      format_duration(host.timers.resolution), format_duration(host.timers.reading_cost),
      format_duration(host.timers.wakeup_median), format_duration(host.timers.wakeup_p99));
  std::vector<Warning> warnings = host.warnings;
  for (const InterfaceInfo& interface : interfaces) {
    text += fmt::format("{}: driver {}, {}, qdisc {}, card timestamps {}\n", interface.name,
                        or_unknown(interface.driver),
                        interface.offloads.empty() ? "offloads unknown" : interface.offloads,
                        or_unknown(interface.qdisc), interface.can_stamp ? "yes" : "no");
    for (Warning& warning : interface_warnings(interface)) {
      warnings.push_back(std::move(warning));
    }
  }
  text += warnings.empty() ? "\nno sources of noise found\n" : "\nsources of noise:\n";
  for (const Warning& warning : warnings) {
    text += render(warning) + '\n';
  }
  return text;
}

}  // namespace tcpstep
