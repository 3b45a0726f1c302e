// Facts about the path of one TCP connection, as plain numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lib/base/units.h"

namespace tcpstep {

// What the kernel says of a connection at one moment. Empty where it does not say.
struct PathInfo {
  std::optional<Mss> mss;                      // TCP_MAXSEG: what a full segment carries now
  std::optional<std::uint32_t> path_mtu;       // bytes
  std::optional<std::uint32_t> cwnd_segments;  // congestion window
  std::optional<Duration> smoothed_rtt;        // RFC 6298
  std::optional<std::uint32_t> total_retransmits;
  std::string tcp_options;         // "timestamps sack wscale ecn", those negotiated
  std::string congestion_control;  // read back: "cubic"
  bool is_nodelay = false;         // read back
};

}  // namespace tcpstep
