// Which runs of a link count in its history.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "lib/runfile/run.h"

namespace tcpstep {

struct UsableRuns {
  std::vector<Run> runs;     // in the order in time
  std::size_t times = 0;     // different start times
  std::string lossy_newest;  // of the newest runs, one that lost too many pings; or empty
  std::vector<std::string> notes;
};

// Complete runs with a start time, 5 rounds or more, at most 1 % of their pings lost or
// retransmitted, and most of the sizes that the others have; each once. Losses among the `newest`
// are told apart: such runs say nothing of the time that a ping takes now.
[[nodiscard]] UsableRuns usable_runs(std::vector<Run> runs, std::size_t newest);

}  // namespace tcpstep
