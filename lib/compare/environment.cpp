#include "lib/compare/environment.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <set>
#include <string_view>
#include <utility>

namespace tcpstep {
namespace {

using KeyAndWords = std::pair<std::string_view, std::string_view>;

constexpr auto kIdentity = std::to_array<KeyAndWords>({
    {"link", "link"},
    {"server_host", "measuring host"},
    {"interface", "interface"},
    {"interface_driver", "interface driver"},
    {"protocol", "protocol"},
    {"measured_by", "measuring side"},
    {"direction", "direction"},
    {"connection", "connection mode"},
    {"ip_version", "IP version"},
    {"lab_profile", "lab profile"},
    {"lab_time", "lab time"},
    {"lab_emulation", "lab emulation"},
    {"lab_scale", "lab scale"},
    {"lab_swapped", "lab direction"},
});

constexpr auto kCircumstances = std::to_array<KeyAndWords>({
    {"tool", "tool"},
    {"server_os", "kernel"},
    {"server_cpu", "CPU"},
    {"server_processors", "processors"},
    {"governor", "governor"},
    {"virtualization", "virtualization"},
    {"mss_bytes", "MSS"},
    {"path_mtu_bytes", "path MTU"},
    {"effective_congestion_control", "congestion control"},
    {"initial_cwnd_segments", "initial window"},
    {"tcp_options", "TCP options"},
    {"effective_nodelay", "nodelay"},
    {"effective_timestamps", "timestamps"},
    {"interface_speed", "interface speed"},
    {"interface_offloads", "offloads"},
    {"interface_coalescing", "coalescing"},
    {"interface_qdisc", "qdisc"},
    {"wait", "waiting"},
    {"effective_cpu", "pinned to CPU"},
    {"effective_realtime", "realtime"},
    {"effective_busy_poll_us", "busy poll"},
    {"clock", "clock"},
    {"clocksource", "clocksource"},
    {"sizes_bytes", "sizes"},
    {"rounds", "rounds"},
    {"warmup_rounds", "warm-up rounds"},
    {"order", "order of sizes"},
    {"interval_ns", "interval"},
    {"fill", "fill"},
    {"warnings", "warnings"},
    {"lab_faithful", "lab faithful"},
});

std::set<std::string> values_of(std::span<const Run> runs, std::string_view key) {
  std::set<std::string> values;
  for (const Run& run : runs) {
    if (const auto value = run.header.find(key)) {
      values.emplace(*value);
    }
  }
  return values;
}

}  // namespace

std::vector<std::string> why_not_comparable(std::span<const Run> baseline,
                                            std::span<const Run> candidate) {
  std::vector<std::string> reasons;
  for (const auto& [key, words] : kIdentity) {
    const auto before = values_of(baseline, key);
    const auto after = values_of(candidate, key);
    std::set<std::string> all = before;
    all.insert(after.begin(), after.end());
    if (all.size() > 1) {
      reasons.push_back(
          before.size() == 1 && after.size() == 1
              ? fmt::format("the {} differs: {} and {}", words, *before.begin(), *after.begin())
              : fmt::format("the {} is not one: {}", words, fmt::join(all, ", ")));
    }
  }
  return reasons;
}

std::vector<EnvironmentDifference> environment_differences(std::span<const Run> baseline,
                                                           std::span<const Run> candidate) {
  std::vector<EnvironmentDifference> differences;
  for (const auto& [key, words] : kCircumstances) {
    const auto before = values_of(baseline, key);
    const auto after = values_of(candidate, key);
    if (before != after && !before.empty() && !after.empty()) {
      differences.push_back({.what = std::string(words),
                             .baseline = fmt::format("{}", fmt::join(before, " or ")),
                             .candidate = fmt::format("{}", fmt::join(after, " or "))});
    }
  }
  return differences;
}

}  // namespace tcpstep
