#include "lib/stats/interleaving.h"

#include <algorithm>
#include <array>

#include "lib/stats/ranks.h"

namespace tcpstep {

std::vector<std::size_t> blocks_of(std::span<const Side> order) {
  std::vector<std::size_t> blocks;
  blocks.reserve(order.size());
  std::size_t block = 0;
  std::array<std::size_t, 2> runs{};
  for (const Side side : order) {
    blocks.push_back(block);
    ++runs[static_cast<std::size_t>(side)];
    if (std::min(runs[0], runs[1]) >= 2) {
      ++block;
      runs = {};
    }
  }
  if (block > 0) {
    for (std::size_t& number : blocks) {
      number = std::min(number, block - 1);
    }
  }
  return blocks;
}

std::size_t count_blocks(std::span<const std::size_t> blocks) {
  return blocks.empty() ? 0 : *std::max_element(blocks.begin(), blocks.end()) + 1;
}

double hodges_lehmann(std::span<const double> values, std::span<const Side> order,
                      std::span<const std::size_t> blocks) {
  std::vector<double> differences;
  for (std::size_t i = 0; i < values.size(); ++i) {
    for (std::size_t j = 0; j < values.size(); ++j) {
      if (blocks[i] == blocks[j] && order[i] == Side::Candidate && order[j] == Side::Baseline) {
        differences.push_back(values[i] - values[j]);
      }
    }
  }
  return median_of(std::move(differences));
}

}  // namespace tcpstep
