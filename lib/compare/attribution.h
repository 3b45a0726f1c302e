// What kind of slowdown a set of hits is.
#pragma once

#include "lib/compare/comparison.h"

namespace tcpstep {

// "uniform", "from 2 segments on", "packet boundary moved: ...", "body", "tail", ... of a
// comparison with at least one hit, tested over `classes` (ascending) by number of segments.
[[nodiscard]] std::string attribution_of(const Comparison& comparison,
                                         const std::vector<std::uint32_t>& classes);

}  // namespace tcpstep
