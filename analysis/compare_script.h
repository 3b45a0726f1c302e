// The picture of a comparison: both sides above, what changed below.
#pragma once

#include "analysis/gnuplot_script.h"
#include "lib/compare/comparison.h"

namespace tcpstep {

// compare-<link>: the floor of every size of both sides with the quartiles of their runs; under it
// the change in percent with its 95 % interval, and the tolerance. `comparison` has sizes.
[[nodiscard]] PlotScript compare_script(const Comparison& comparison);

}  // namespace tcpstep
