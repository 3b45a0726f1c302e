#include "lib/report/warnings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

#include "lib/base/escape.h"
#include "lib/base/text.h"

namespace tcpstep {
namespace {

// By importance: what changes the steps, what moves all times, what only widens the tail.
constexpr auto kOrder = std::to_array<std::string_view>(
    {kSegmentsMerged, "bbr", "rtt_below_wakeup", "browser", "other_load", "one_processor",
     "rtt_near_clock", "slow_clock", "other_congestion_control", "no_realtime", "no_mlock",
     "no_busy_poll", "no_timestamps", "no_hardware_timestamps", "deep_idle", "governor",
     "virtual_machine"});

// The only ones that matter in virtual time, where no clock moves while the host is busy.
constexpr auto kOfPackets =
    std::to_array<std::string_view>({kSegmentsMerged, "bbr", "other_congestion_control"});

std::string fact(const LinkRuns& runs, std::string_view key) {
  return visible(runs.header.find(key).value_or("unknown"));
}

// "tso gso" of "tso=on gso=on gro=off lro=off".
std::string switched_on(std::string_view offloads) {
  constexpr std::string_view kOn = "=on";
  std::string names;
  while (!offloads.empty()) {
    const std::string_view word = offloads.substr(0, offloads.find(' '));
    offloads.remove_prefix(std::min(word.size() + 1, offloads.size()));
    if (word.ends_with(kOn)) {
      names += (names.empty() ? "" : " ") + std::string(word.substr(0, word.size() - kOn.size()));
    }
  }
  return names;
}

Warning segments_merged(const LinkRuns& runs) {
  const std::string interface = fact(runs, "interface");
  const std::string offloads = switched_on(fact(runs, "interface_offloads"));
  return {.key = std::string(kSegmentsMerged),
          .text = fmt::format(
              "Packets are merged by the measuring host ({}{}): steps after the first are too "
              "small.",
              interface, offloads.empty() ? "" : ": " + offloads),
          .remedy = fmt::format("On both hosts: ethtool -K {} tso off gso off gro off lro off",
                                interface)};
}

Warning of_key(const LinkRuns& runs, const std::string& key) {
  if (key == kSegmentsMerged) {
    return segments_merged(runs);
  }
  if (key == "bbr") {
    return {key, "BBR paces the segments of a payload apart.", std::string(remedy_of(key))};
  }
  if (key == "other_load") {
    return {key, fmt::format("Other programs were running (load {}).", fact(runs, "load")),
            std::string(remedy_of(key))};
  }
  if (key == "one_processor") {
    return {key, "Only one processor was available.", std::string(remedy_of(key))};
  }
  if (key == "slow_clock") {
    return {key, fmt::format("Reading the clock ({}) is slow.", fact(runs, "clocksource")),
            "Choose a faster one, such as tsc: tcpstep doctor shows how."};
  }
  if (key == "other_congestion_control") {
    return {key,
            fmt::format("The congestion control was {}, not {}.",
                        fact(runs, "effective_congestion_control"),
                        fact(runs, "requested_congestion_control")),
            "See net.ipv4.tcp_available_congestion_control, or choose another one with "
            "--congestion."};
  }
  if (key == "governor") {
    return {key, fmt::format("The frequency governor was {}.", fact(runs, "governor")),
            std::string(remedy_of(key))};
  }
  if (key == "deep_idle") {
    return {key, "Idle processors were in deep sleep states.", std::string(remedy_of(key))};
  }
  if (key == "virtual_machine") {
    return {key, "The measuring host is a virtual machine.",
            "Its host may take the processor away: trust the fastest pings, and repeat runs."};
  }
  return {key, fmt::format("Recorded during the run: {}.", visible(key)), "See tcpstep doctor."};
}

std::optional<Duration> time_fact(const LinkRuns& runs, std::string_view key) {
  const std::string_view text = runs.header.find(key).value_or("");
  Duration::rep ns = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ns);
  return !text.empty() && error == std::errc{} && ns >= 0 ? std::optional(Duration(ns))
                                                          : std::nullopt;
}

// A browser, and what it adds to a ping: what the fastest one of the smallest size takes longer
// than an acknowledgment of the kernel of its host. Where several packets are followed by a TCP
// ACK, the ack waits for that one anyway: there, all or a part of it does not count.
void add_browser_warning(const LinkRuns& runs, std::vector<Warning>& warnings) {
  if (runs.browser_runs == 0) {
    return;
  }
  const auto kernel = time_fact(runs, "browser_kernel_rtt_ns");
  const auto added = kernel && runs.runs == 1 && !runs.series.empty()
                         ? runs.series.begin()->second.minimum() - *kernel
                         : Duration(0);
  const std::string time = added > Duration(0) ? format_duration(added) : "0.1 ms";
  const std::string points =
      added > Duration(0)
          ? fmt::format(": by up to {:.1f} points", 100.0 * static_cast<double>(added.count()) /
                                                        static_cast<double>(kernel->count()))
          : "";
  warnings.push_back(
      {.key = "browser",
       .text = fmt::format("The client was a browser, which adds about {} to each ping.", time),
       .remedy = fmt::format("On a slow uplink a part of it hides behind TCP ACKs, and penalties "
                             "are too low{}. Where that matters, and below 2 ms, use "
                             "tcpstep-client.",
                             points)});
}

// What only the RTTs show, against the timers of the measuring host.
void add_timer_warnings(const LinkRuns& runs, std::vector<Warning>& warnings) {
  if (runs.series.empty()) {
    return;
  }
  const Duration shortest = runs.fastest();
  const auto wakeup = time_fact(runs, "wakeup_median_ns");
  if (wakeup && shortest < *wakeup && runs.header.find("wait") == "block" &&
      runs.header.find("effective_cpu").value_or("any") == "any") {
    warnings.push_back(
        {.key = "rtt_below_wakeup",
         .text = fmt::format("RTTs depend on which processors both programs ran on: a sleeping "
                             "thread takes {} to wake up here.",
                             format_duration(*wakeup)),
         .remedy = "Pin both ends with --cpu, or use --wait spin on idle processors."});
  }
  const auto reading = time_fact(runs, "clock_reading_ns");
  if (reading && shortest < 100 * *reading) {
    warnings.push_back(
        {.key = "rtt_near_clock",
         .text = fmt::format("The shortest RTT is less than 100 readings of the clock ({} each).",
                             format_duration(*reading)),
         .remedy = std::string(remedy_of("rtt_near_clock"))});
  }
}

}  // namespace

std::vector<Warning> warnings_in_words(const LinkRuns& runs) {
  const bool is_virtual = runs.header.is_virtual();
  std::vector<Warning> warnings;
  for (const std::string& key : runs.warnings) {
    if (!is_virtual || std::ranges::find(kOfPackets, key) != kOfPackets.end()) {
      warnings.push_back(of_key(runs, key));
    }
  }
  if (!is_virtual) {
    add_timer_warnings(runs, warnings);
    add_browser_warning(runs, warnings);
  }
  std::ranges::stable_sort(warnings, {},
                           [](const Warning& warning) { return rank_of_warning(warning.key); });
  return warnings;
}

const Warning* find_warning(std::span<const Warning> warnings, std::string_view key) {
  const auto found = std::ranges::find(warnings, key, &Warning::key);
  return found == warnings.end() ? nullptr : &*found;
}

std::ptrdiff_t rank_of_warning(std::string_view key) {
  return std::ranges::find(kOrder, key) - kOrder.begin();
}

std::set<std::string> recorded_warnings(const RunHeader& header) {
  std::istringstream keys{std::string(header.find("warnings").value_or(""))};
  return {std::istream_iterator<std::string>(keys), {}};
}

std::vector<Warning> warnings_in_words(const RunHeader& header) {
  return warnings_in_words(LinkRuns{.header = header, .warnings = recorded_warnings(header)});
}

}  // namespace tcpstep
