// The picture of a history: levels over time, changes marked.
#pragma once

#include "analysis/gnuplot_script.h"
#include "lib/compare/history.h"

namespace tcpstep {

// history-<link>: the floor of each class at every point in time, its median between changes, and
// where these are. `history` has columns.
[[nodiscard]] PlotScript history_script(const History& history);

}  // namespace tcpstep
