#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "lib/base/text.h"
#include "lib/compare/comparison.h"

namespace tcpstep {
namespace {

using Pairs = std::vector<std::pair<const Run*, const Run*>>;

std::string seed_of(const Run& run) {
  const auto seed = run.header.find("lab_seed");
  return std::string(seed ? *seed : run.header.find("seed").value_or("unknown"));
}

using RunsBySeed = std::map<std::string, std::vector<const Run*>>;

RunsBySeed by_seed(std::span<const Run> runs) {
  RunsBySeed seeds;
  for (const Run& run : runs) {
    seeds[seed_of(run)].push_back(&run);
  }
  return seeds;
}

std::size_t count_in(const RunsBySeed& runs, const std::string& seed) {
  const auto found = runs.find(seed);
  return found == runs.end() ? 0 : found->second.size();
}

// Fills in a reason for every seed whose runs have no partner.
Pairs pair_up(Comparison& result, std::span<const Run> baseline, std::span<const Run> candidate) {
  const RunsBySeed before = by_seed(baseline);
  const RunsBySeed after = by_seed(candidate);
  std::set<std::string> seeds;
  for (const auto* side : {&before, &after}) {
    for (const auto& [seed, runs] : *side) {
      seeds.insert(seed);
    }
  }
  Pairs pairs;
  for (const std::string& seed : seeds) {
    const std::size_t count = count_in(before, seed);
    if (count != count_in(after, seed)) {
      result.reasons.push_back(fmt::format("seed {}: {} of the baseline and {} of the candidate",
                                           seed, count_of(count, "run"), count_in(after, seed)));
      continue;
    }
    for (std::size_t i = 0; i < count; ++i) {
      pairs.emplace_back(before.at(seed)[i], after.at(seed)[i]);
    }
  }
  return pairs;
}

struct Sums {
  std::uint64_t pings = 0;
  std::uint64_t baseline_pings = 0;
  std::uint64_t differing = 0;
  std::optional<Duration> floor[2];
  double total_ns[2] = {0, 0};
};

void add(Sums& sums, std::span<const Duration> before, std::span<const Duration> after) {
  sums.baseline_pings += before.size();
  sums.pings += after.size();
  sums.differing += std::max(before.size(), after.size()) - std::min(before.size(), after.size());
  for (std::size_t i = 0; i < std::min(before.size(), after.size()); ++i) {
    sums.differing += before[i] == after[i] ? 0U : 1U;
  }
  for (const auto& [side, series] : {std::pair(0, before), std::pair(1, after)}) {
    for (const Duration rtt : series) {
      sums.floor[side] = std::min(sums.floor[side].value_or(rtt), rtt);
      sums.total_ns[side] += static_cast<double>(rtt.count());
    }
  }
}

bool is_same_outcome(const Run& before, const Run& after) {
  return before.status() == after.status() && before.lost() == after.lost() &&
         before.resent().total() == after.resent().total();
}

void note_other_outcomes(Comparison& result, const Run& before, const Run& after) {
  if (!is_same_outcome(before, after)) {
    const auto outcome = [](const Run& run) {
      return fmt::format("{}, {} lost, {} resent", run.status().empty() ? "cut off" : run.status(),
                         run.lost(), run.resent().total());
    };
    result.notes.push_back(
        fmt::format("seed {}: {}; now {}", seed_of(before), outcome(before), outcome(after)));
  }
}

// The classes that became slower.
std::string attribution_of(const Comparison& result, double minimum_effect) {
  std::set<std::uint32_t> slower;
  for (const ExactDifference& difference : result.differences) {
    if (difference.mean_change > minimum_effect) {
      slower.insert(difference.segments);
    }
  }
  for (const std::uint32_t segments : slower) {
    if (segments == 0) {
      return "at the sizes below";
    }
  }
  return fmt::format("in sizes of {} segment{}", fmt::join(slower, ", "),
                     slower == std::set{1U} ? "" : "s");
}

}  // namespace

void compare_exactly(Comparison& result, std::span<const Run> baseline,
                     std::span<const Run> candidate) {
  result.is_exact = true;
  const Pairs pairs = pair_up(result, baseline, candidate);
  result.pairs = pairs.size();
  std::map<PayloadSize, Sums> sizes;
  bool is_alike = true;
  for (const auto& [before, after] : pairs) {
    note_other_outcomes(result, *before, *after);
    is_alike = is_alike && is_same_outcome(*before, *after);
    std::set<PayloadSize> measured;
    for (const Run* run : {before, after}) {
      const std::vector<PayloadSize> sizes_of_run = run->sizes();
      measured.insert(sizes_of_run.begin(), sizes_of_run.end());
    }
    for (const PayloadSize size : measured) {
      add(sizes[size], before->samples_of(size), after->samples_of(size));
    }
  }
  const double minimum_effect = result.settings.minimum_effect.value_or(0);
  bool is_slower = false;
  result.sizes = sizes.size();
  for (const auto& [size, sums] : sizes) {
    if (sums.pings == 0 || sums.baseline_pings == 0) {
      result.reasons.push_back(
          fmt::format("{} bytes were measured on only one side", size.bytes()));
      continue;
    }
    if (sums.differing == 0) {
      continue;
    }
    const double before = sums.total_ns[0] / static_cast<double>(sums.baseline_pings);
    const double after = sums.total_ns[1] / static_cast<double>(sums.pings);
    const ExactDifference& difference = result.differences.emplace_back(ExactDifference{
        .size = size,
        .segments = result.mss ? segments_needed(size, *result.mss) : 0,
        .pings = sums.pings,
        .differing = sums.differing,
        .floor_change_ns = static_cast<double>((*sums.floor[1] - *sums.floor[0]).count()),
        .mean_change_ns = after - before,
        .mean_change = after / before - 1});
    is_slower = is_slower || difference.mean_change > minimum_effect;
  }
  if (!result.reasons.empty()) {
    result.verdict = Verdict::NotComparable;
    result.remedy =
        "Measure both sides with the same seeds and sizes (tcpstep lab measure --seed).";
  } else if (!is_alike && result.differences.empty()) {
    result.verdict = Verdict::Inconclusive;
    result.reasons.emplace_back("runs with the same seed ended differently");
  } else if (is_slower) {
    result.verdict = Verdict::Regression;
    result.attribution = attribution_of(result, minimum_effect);
  } else {
    result.verdict = Verdict::NoRegression;
  }
}

}  // namespace tcpstep
