// The connection of a run, before its first ping: what was asked for, and what the kernel granted.
#pragma once

#include <optional>

#include "lib/base/units.h"
#include "lib/net/tcp_connection.h"
#include "lib/protocol/sweep_spec.h"
#include "lib/sweep/run_description.h"
#include "lib/sweep/run_settings.h"

namespace tcpstep {

// Sets what was asked for, and reads back what came of it. The connection has carried one ping,
// whose RTT was `opening_rtt`.
[[nodiscard]] ConnectionFacts prepare_for_sweep(TcpConnection& peer, const RunSettings& settings,
                                                Duration opening_rtt);

// A payload whose only purpose is that a path narrower than the interface says so (RFC 1191): the
// smallest of the sweep that fills a segment. Nothing where the warm-up has this effect and no size
// depends on the MSS, or where the largest payload fits any path.
[[nodiscard]] std::optional<PayloadSize> probe_size(const SweepSpec& sweep, std::optional<Mss> mss);

// The client makes as many connections as `accept` has announced, so that such a run cannot begin
// with a ping of its own.
[[nodiscard]] bool is_fresh_downward(const SweepSpec& sweep);

}  // namespace tcpstep
