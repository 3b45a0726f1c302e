// How long a run may take while clients of other addresses wait.
#pragma once

#include <chrono>

#include "lib/base/stop_request.h"
#include "lib/base/units.h"
#include "lib/protocol/sweep_spec.h"
#include "lib/sweep/path_speed.h"

namespace tcpstep {

// Several times what the pings of a run need on such a path. Of a sweep that is larger than the
// server's `own`, what that one needs; idle time before a ping counts as far as the server's own
// has it. Without more of it, at most kLongestTurn.
[[nodiscard]] Duration turn_of(const SweepSpec& sweep, const SweepSpec& own, const PathSpeed& path);

// The default sweep over EDGE, the slowest of the emulated links, takes 32 minutes.
inline constexpr Duration kLongestTurn = std::chrono::minutes(40);

// In the process of a run: the signal kOutOfTime ends it with the status kLimit.
void catch_end_of_turn();

}  // namespace tcpstep
