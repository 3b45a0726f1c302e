// The pictures of a comparison and of a history.
#pragma once

#include "lib/compare/comparison.h"
#include "lib/compare/history.h"
#include "lib/report/drawing.h"

namespace tcpstep {

// compare-<link>: the floor of every size of both sides with the quartiles of their runs; under it
// the change in percent with its 95 % interval, and the tolerance. `comparison` has sizes.
[[nodiscard]] Drawing drawing_of(const Comparison& comparison);

// history-<link>: the floor of each class at every point in time, its median between changes, and
// where these are. `history` has columns.
[[nodiscard]] Drawing drawing_of(const History& history);

}  // namespace tcpstep
