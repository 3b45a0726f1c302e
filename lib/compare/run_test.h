// The test of a comparison: contrasts of classes over runs, one verdict (docs/statistics.md).
#pragma once

#include <span>

#include "lib/compare/comparison.h"

namespace tcpstep {

// Tests runs that are not of virtual time. `result` has link, sides, settings and environment
// already; returns it with everything else.
[[nodiscard]] Comparison test_runs(Comparison result, std::span<const Run> baseline,
                                   std::span<const Run> candidate);

}  // namespace tcpstep
