// Pictures of one link as inline SVG. Colours are classes: the page around it decides, for light
// and dark. Drawn from sketches, so their size depends on the number of payload sizes only.
#pragma once

#include <string>

#include "lib/report/link_runs.h"
#include "lib/report/penalty_table.h"

namespace tcpstep {

// The minimum of every size, the band up to the lower quartile and the penalty of every class.
// `minima` is the link's table by minimum. The link has samples.
[[nodiscard]] std::string closeup_chart(const LinkRuns& link, const PenaltyTable& minima);

// How far RTTs spread: minimum, median, the band from the 10th to the 90th percentile, the slowest.
[[nodiscard]] std::string spread_chart(const LinkRuns& link);

}  // namespace tcpstep
