#include "server/examination.h"

#include <fmt/format.h>

#include <utility>

#include "lib/base/text.h"
#include "lib/host/doctor.h"

namespace tcpstep {

std::string render(const Warning& warning) {
  return fmt::format("  ! {}\n    {}", warning.text, warning.remedy);
}

std::string render_examination(const HostFacts& host,
                               const std::vector<InterfaceInfo>& interfaces) {
  const HostInfo& info = host.info;
  std::string text = fmt::format(
      "{}\n{}, {}, governor {}, clocksource {}, load {:.2f}\n"
      "clock: resolution {}, a reading takes {}; a sleeper wakes up {} late (p99 {})\n",
      info.os, info.cpu, count_of(info.processors, "processor"), info.governor, info.clocksource,
      info.load, format_duration(host.timers.resolution), format_duration(host.timers.reading_cost),
      format_duration(host.timers.wakeup_median), format_duration(host.timers.wakeup_p99));
  std::vector<Warning> warnings = host.warnings;
  for (const InterfaceInfo& interface : interfaces) {
    text += fmt::format("{}: driver {}, {}, qdisc {}, card timestamps {}\n", interface.name,
                        interface.driver.empty() ? "unknown" : interface.driver,
                        interface.offloads.empty() ? "offloads unknown" : interface.offloads,
                        interface.qdisc.empty() ? "unknown" : interface.qdisc,
                        interface.can_stamp ? "yes" : "no");
    for (Warning& warning : examine(interface)) {
      warnings.push_back(std::move(warning));
    }
  }
  text +=
      warnings.empty() ? "\nnothing here spoils measurements\n" : "\nwhat spoils measurements:\n";
  for (const Warning& warning : warnings) {
    text += render(warning) + '\n';
  }
  return text;
}

}  // namespace tcpstep
