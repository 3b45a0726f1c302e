#include "lib/report/warnings.h"

#include <fmt/format.h>

#include <algorithm>
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

// "eth0: tso gso"
std::string merged_by(const LinkRuns& runs) {
  const std::string offloads = switched_on(fact(runs, "interface_offloads"));
  return fact(runs, "interface") + (offloads.empty() ? "" : ": " + offloads);
}

// The first run's interface is known by name at the end that measured only. The other host can find
// its own by the address of this one.
std::string switch_off_offloads(const LinkRuns& runs) {
  const std::string command =
      fmt::format("ethtool -K {} tso off gso off gro off lro off", fact(runs, "interface"));
  const auto address_of = [&](std::string_view role) {
    return runs.header.find(fmt::format("{}_addr", role)) ? host_of(runs.header, role) : "";
  };
  const bool is_up = runs.header.find("measured_by") == "client";
  const std::string here = address_of(is_up ? "client" : "server");
  const std::string there = address_of(is_up ? "server" : "client");
  if (here.empty() || there.empty()) {
    return fmt::format("On that host: {}; and the same on the other one, for its interface.",
                       command);
  }
  return fmt::format(
      "On {}: {}; and the same on {} for the interface that 'ip route get {}' names.",
      visible(here), command, visible(there), visible(here));
}

std::optional<Duration> time_fact(const LinkRuns& runs, std::string_view key) {
  const std::string_view text = runs.header.find(key).value_or("");
  Duration::rep ns = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ns);
  return !text.empty() && error == std::errc{} && ns >= 0 ? std::optional(Duration(ns))
                                                          : std::nullopt;
}

std::string time_text(std::optional<Duration> time) {
  return time ? format_duration(*time) : "unknown";
}

// How long a reading of the clock takes, or the step between two readings, if that is longer.
std::optional<Duration> clock_reading(const LinkRuns& runs) {
  const auto cost = time_fact(runs, "clock_reading_ns");
  return cost ? std::max(cost, time_fact(runs, "clock_resolution_ns")) : cost;
}

// What a browser adds to a ping: what the fastest one of the smallest size takes longer than an
// acknowledgment of the kernel of its host; and that in points of a penalty. Where several packets
// are followed by a TCP ACK, the ack waits for that one anyway: there, all or a part of it does not
// count.
struct AddedByBrowser {
  std::string time = "0.1 ms";
  std::string points{};
};

AddedByBrowser added_by_browser(const LinkRuns& runs) {
  const auto kernel = time_fact(runs, "browser_kernel_rtt_ns");
  const auto added = kernel && runs.runs == 1 && !runs.series.empty()
                         ? runs.series.begin()->second.minimum() - *kernel
                         : Duration(0);
  if (added <= Duration(0)) {
    return {};
  }
  return {
      .time = format_duration(added),
      .points = fmt::format(": by up to {:.1f} points", 100.0 * static_cast<double>(added.count()) /
                                                            static_cast<double>(kernel->count()))};
}

// The facts that texts of the table name, if the header does not have them under that name.
Warning in_words(const LinkRuns& runs, std::string_view key) {
  return warning_of_run(key, [&](std::string_view name) -> std::string {
    if (name == "merged_by") {
      return merged_by(runs);
    }
    if (name == "switch_off") {
      return switch_off_offloads(runs);
    }
    if (name == "wakeup") {
      return time_text(time_fact(runs, "wakeup_median_ns"));
    }
    if (name == "reading") {
      return time_text(clock_reading(runs));
    }
    if (name == "added") {
      return added_by_browser(runs).time;
    }
    if (name == "by_points") {
      return added_by_browser(runs).points;
    }
    if (name == "program") {
      return fmt::format("$(command -v tcpstep-{})",
                         runs.header.find("measured_by") == "client" ? "client" : "server");
    }
    return fact(runs, name);
  });
}

// Whether a sleeping thread wakes up later than the ack comes, on whatever processor it runs.
bool is_below_wakeup(const LinkRuns& runs) {
  const auto wakeup = time_fact(runs, "wakeup_median_ns");
  return wakeup && !runs.series.empty() && runs.fastest() < *wakeup &&
         runs.header.find("wait") == "block" &&
         runs.header.find("effective_cpu").value_or("any") == "any";
}

bool is_near_clock(const LinkRuns& runs) {
  const auto reading = clock_reading(runs);
  return reading && !runs.series.empty() && runs.fastest() < 100 * *reading;
}

}  // namespace

std::vector<Warning> warnings_in_words(const LinkRuns& runs) {
  std::set<std::string> keys = runs.warnings;
  if (is_below_wakeup(runs)) {
    keys.emplace("rtt_below_wakeup");
  }
  if (is_near_clock(runs)) {
    keys.emplace("rtt_near_clock");
  }
  if (runs.browser_runs > 0) {
    keys.emplace("browser");
  }
  if (runs.header.is_virtual()) {
    std::erase_if(keys, [](const std::string& key) {
      const WarningRow* const row = find_row(key);
      return row == nullptr || !row->is_of_packets;
    });
  }
  std::vector<Warning> warnings;
  for (const std::string& key : keys) {
    warnings.push_back(in_words(runs, key));
  }
  sort_by_rank(warnings);
  return warnings;
}

const Warning* find_warning(std::span<const Warning> warnings, std::string_view key) {
  const auto found = std::ranges::find(warnings, key, &Warning::key);
  return found == warnings.end() ? nullptr : &*found;
}

std::string shared_remedy(const Warning& one, const Warning& other) {
  return one.key != kSegmentsMerged || one.remedy == other.remedy
             ? one.remedy
             : "On each host: ethtool -K INTERFACE tso off gso off gro off lro off, for the "
               "interface that 'ip route get OTHER-HOST' names.";
}

std::set<std::string> recorded_warnings(const RunHeader& header) {
  std::istringstream keys{std::string(header.find("warnings").value_or(""))};
  return {std::istream_iterator<std::string>(keys), {}};
}

std::vector<Warning> warnings_in_words(const RunHeader& header) {
  return warnings_in_words(LinkRuns{.header = header, .warnings = recorded_warnings(header)});
}

}  // namespace tcpstep
