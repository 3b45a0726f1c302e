// What a user asked for on the connection of a run, and what the kernel granted.
#pragma once

#include "lib/base/units.h"
#include "lib/net/tcp_connection.h"
#include "lib/sweep/run_description.h"
#include "lib/sweep/run_settings.h"

namespace tcpstep {

// Sets congestion control and busy polling on `client`. Notes in `facts` what the kernel made of
// it.
void apply_settings(TcpConnection& client, const RunSettings& settings, ConnectionFacts& facts);

// Starts the kernel's timestamps on `client`, whose RTT is about `rtt`. `facts` has the interface.
void apply_timestamps(TcpConnection& client, TimestampMode mode, Duration rtt,
                      ConnectionFacts& facts);

}  // namespace tcpstep
