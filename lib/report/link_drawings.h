// The pictures of links: RTT over payload size. Every link has samples.
#pragma once

#include <span>

#include "lib/report/drawing.h"
#include "lib/report/penalty_table.h"

namespace tcpstep {

// The fastest ping of every size, the band up to the lower quartile, and the penalty of every
// class.
[[nodiscard]] Drawing closeup(const LinkRuns& link, const Sheet& sheet);

// All results: minimum, median and the 10th to 90th percentile of every size, and its slowest ping.
[[nodiscard]] Drawing spread(const LinkRuns& link, const Sheet& sheet);

// The same with every sample instead of percentiles.
[[nodiscard]] Drawing all_results(const LinkRuns& link, const Sheet& sheet);

// All links on one picture: what the fastest ping of every size costs relative to the smallest
// size. More than eight links get a panel each.
[[nodiscard]] Drawing together(std::span<const LinkRuns> links, const Sheet& sheet);

}  // namespace tcpstep
