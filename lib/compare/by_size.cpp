#include "lib/compare/by_size.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "lib/stats/ranks.h"

namespace tcpstep {
namespace {

SizeLevel level_of(const std::vector<double>& logs) {
  return {.middle = std::exp(median_of(logs)),
          .low = std::exp(quantile_of(logs, 0.25)),
          .high = std::exp(quantile_of(logs, 0.75))};
}

}  // namespace

std::vector<SizeChange> levels_by_size(const ContrastTable& table, std::span<const Side> order) {
  std::vector<SizeChange> sizes;
  for (std::size_t i = 0; i < table.sizes.size(); ++i) {
    std::vector<double> logs[2];
    for (std::size_t run = 0; run < order.size(); ++run) {
      logs[static_cast<std::size_t>(order[run])].push_back(table.floors[i][run]);
    }
    sizes.push_back({.size = table.sizes[i],
                     .baseline = level_of(logs[0]),
                     .candidate = level_of(logs[1]),
                     .change = median_of(logs[1]) - median_of(logs[0]),
                     .low = {},
                     .high = {}});
  }
  return sizes;
}

std::vector<SizeChange> levels_by_size(std::span<const Run> baseline,
                                       std::span<const Run> candidate) {
  std::vector<const Run*> runs;
  std::vector<Side> order;
  std::map<PayloadSize, std::size_t> counts;
  const auto add = [&](std::span<const Run> side, Side name) {
    for (const Run& run : side) {
      runs.push_back(&run);
      order.push_back(name);
      for (const PayloadSize size : run.sizes()) {
        ++counts[size];
      }
    }
  };
  add(baseline, Side::Baseline);
  add(candidate, Side::Candidate);
  std::erase_if(counts, [&](const auto& size) { return size.second < runs.size(); });
  std::vector<PayloadSize> sizes;
  sizes.reserve(counts.size());
  for (const auto& [size, count] : counts) {
    sizes.push_back(size);
  }
  if (sizes.empty()) {
    return {};
  }
  std::size_t shortest = runs.front()->rounds();
  for (const Run* run : runs) {
    for (const PayloadSize size : sizes) {
      shortest = std::min(shortest, run->samples_of(size).size());
    }
  }
  return levels_by_size(
      contrasts_of(runs, sizes,
                   {.mss = Mss(PayloadSize::kLargest), .rounds = shortest, .draws = shortest}),
      order);
}

}  // namespace tcpstep
