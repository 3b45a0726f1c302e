#include "lib/host/doctor.h"

#include <fmt/format.h>

#include <utility>

#include "lib/base/text.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

constexpr Duration kSlowReading = 100ns;  // a reading by a system call; the vDSO's take 20 to 50 ns

std::string or_unknown(const std::string& fact) {
  return fact.empty() ? "unknown" : fact;
}

constexpr const char* kOtherLoad = "other_load";

void add_load_warning(const HostInfo& host, std::vector<Warning>& warnings) {
  if (host.load && *host.load > 0.5 * host.processors) {
    warnings.push_back(
        warning_now(kOtherLoad, {{"load", fmt::format("{:.2f}", *host.load)},
                                 {"processors", count_of(host.processors, "processor")}}));
  }
}

}  // namespace

std::vector<Warning> host_warnings(const HostInfo& host, const TimerTest& timers) {
  std::vector<Warning> warnings;
  if (host.processors < 2) {
    warnings.push_back(warning_now("one_processor"));
  }
  if (!host.governor.empty() && host.governor != "performance") {
    warnings.push_back(warning_now("governor", {{"governor", host.governor}}));
  }
  if (host.idle_exit > 10us) {
    warnings.push_back(warning_now("deep_idle", {{"idle_exit", format_duration(host.idle_exit)}}));
  }
  if (!host.virtualization.empty() && host.virtualization != "none") {
    warnings.push_back(warning_now("virtual_machine", {{"virtualization", host.virtualization}}));
  }
  if (timers.reading_cost > kSlowReading) {
    warnings.push_back(warning_now(
        "slow_clock",
        {{"clocksource", host.clocksource}, {"reading", format_duration(timers.reading_cost)}}));
  }
  add_load_warning(host, warnings);
  sort_by_rank(warnings);
  return warnings;
}

void refresh_load(HostFacts& facts) {
  facts.info.load = current_load();
  std::erase_if(facts.warnings, [](const Warning& warning) { return warning.key == kOtherLoad; });
  add_load_warning(facts.info, facts.warnings);
  sort_by_rank(facts.warnings);
}

std::vector<Warning> interface_warnings(const InterfaceInfo& interface) {
  if (!interface.merges_segments || interface.name == "lo") {
    return {};
  }
  return {warning_now(
      kSegmentsMerged,
      {{"interface", interface.name},
       {"interface_offloads", interface.offloads},
       {"switch_off", fmt::format("ethtool -K {} tso off gso off gro off lro off; and the same on "
                                  "the other host, for its interface",
                                  interface.name)}})};
}

HostFacts prepare_host(const Scheduling& scheduling) {
  HostFacts facts;
  facts.info = describe_host();  // before pinning: how many processors there are to use
  facts.scheduling = apply(scheduling);
  facts.timers = test_timers();
  facts.warnings = host_warnings(facts.info, facts.timers);
  facts.warnings.insert(facts.warnings.begin(), facts.scheduling.warnings.begin(),
                        facts.scheduling.warnings.end());
  sort_by_rank(facts.warnings);
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
  sort_by_rank(warnings);
  text += warnings.empty() ? "\nno sources of noise found\n" : "\nsources of noise:\n";
  for (const Warning& warning : warnings) {
    text += render(warning) + '\n';
  }
  return text;
}

}  // namespace tcpstep
