// What about this host spoils latency measurements, and what to do about it.
#pragma once

#include <vector>

#include "lib/base/error.h"
#include "lib/host/host_info.h"

namespace tcpstep {

// Judges the facts; a host without a fault gives none.
[[nodiscard]] std::vector<Warning> examine(const HostInfo& host, const TimerTest& timers);

// Whether the timers are good enough for RTTs as short as `shortest_rtt`, with that way of waiting.
[[nodiscard]] std::vector<Warning> compare_with_timers(Duration shortest_rtt, bool is_blocking,
                                                       const TimerTest& timers);

}  // namespace tcpstep
