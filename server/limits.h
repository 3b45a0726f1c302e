// What a client may request of this server.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/net/address_range.h"
#include "lib/protocol/messages.h"

namespace tcpstep {

struct ServerLimits {
  // Of one run.
  std::uint64_t bytes = 0;
  std::uint64_t pings = 0;
  Duration time{0};
  // Of all clients.
  std::uint64_t connections = 0;
  std::uint64_t connections_per_address = 0;
  std::uint64_t runs_per_address = 0;  // in an hour
  std::uint64_t queue = 0;
  std::uint64_t concurrent_runs = 1;
  std::vector<AddressRange> allowed;  // empty: all
};

// Why this sweep is beyond the limits, or nothing. `mss` decides where boundaries are.
[[nodiscard]] std::optional<Refuse> refusal_of(const SweepSpec& sweep, const ServerLimits& limits,
                                               std::optional<Mss> mss);

}  // namespace tcpstep
