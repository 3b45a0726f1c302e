// Both sides of a comparison, size by size.
#pragma once

#include <span>
#include <vector>

#include "lib/compare/comparison.h"
#include "lib/stats/interleaving.h"

namespace tcpstep {

// Levels and differences of medians, without intervals. Both sides have a run in `order`.
[[nodiscard]] std::vector<SizeChange> levels_by_size(const ContrastTable& table,
                                                     std::span<const Side> order);

// The same of runs that are not tested; nothing of sizes that some run lacks.
[[nodiscard]] std::vector<SizeChange> levels_by_size(std::span<const Run> baseline,
                                                     std::span<const Run> candidate);

}  // namespace tcpstep
