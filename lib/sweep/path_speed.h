// What is known of a path before a run, and how long the run will take on it.
#pragma once

#include <optional>

#include "lib/base/units.h"
#include "lib/net/tcp_connection.h"
#include "lib/protocol/sweep_spec.h"

namespace tcpstep {

struct PathSpeed {
  std::optional<Duration> shortest_rtt;
  Mss mss{1448};
};

// By the kernel's TCP, which has timed the handshake at least.
[[nodiscard]] PathSpeed speed_of(const TcpConnection& connection);

// Roughly how long a run takes: nothing is known of the path's rate yet. Nothing if not even the
// RTT is.
[[nodiscard]] std::optional<Duration> expected_duration(const SweepSpec& sweep,
                                                        const PathSpeed& path);

// Sizes for a run of about `time`, if as many rounds of the server's as a run usually has would
// take longer: the boundaries, one size for each number of packets, or only those of the rows of
// 2014. Fewer rounds would cost more than fewer sizes: every share depends on the fastest ping of
// one size, the smallest.
[[nodiscard]] std::optional<SizeList> fewer_sizes(const SweepSpec& sweep, Duration time,
                                                  const PathSpeed& path);

}  // namespace tcpstep
