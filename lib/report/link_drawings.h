// The pictures of one link: RTT over payload size.
#pragma once

#include <string>
#include <vector>

#include "lib/report/drawing.h"
#include "lib/report/link_runs.h"
#include "lib/report/penalty_table.h"

namespace tcpstep {

// The levels of one payload size.
struct SizeLevels {
  PayloadSize size;
  Duration minimum;
  Duration tenth;
  Duration lower_quartile;
  Duration median;
  Duration ninetieth;
  Duration maximum;
};

struct LinkLevels {
  PenaltyTable table;      // by minimum
  std::string conditions;  // "cubic, 2026-11-22"
  std::vector<SizeLevels> sizes;
};
[[nodiscard]] LinkLevels levels_of(const LinkRuns& link);

// The fastest ping of every size, the band up to the lower quartile, and the penalty of every
// class. `link` has sizes, here and below.
[[nodiscard]] Drawing closeup(const LinkLevels& link, const Sheet& sheet);

// All results: minimum, median and the 10th to 90th percentile of every size, and its slowest ping.
[[nodiscard]] Drawing spread(const LinkLevels& link, const Sheet& sheet);

// The same with every sample instead of percentiles.
[[nodiscard]] Drawing all_results(const LinkRuns& link, const Sheet& sheet);

}  // namespace tcpstep
