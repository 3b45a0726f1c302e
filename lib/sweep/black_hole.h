// A path that seems to pass small packets and to drop large ones silently (RFC 2923, section
// 2.1), as seen by one end of a run that timed out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/net/tcp_connection.h"
#include "lib/protocol/sweep_spec.h"

namespace tcpstep {

struct BlackHole {
  std::uint32_t passed_bytes = 0;  // payload bytes in the largest packet that passed, if any
  // What the end that sends knows; 0 at the other one.
  std::uint32_t lost_bytes = 0;  // payload bytes of the ping that was never acknowledged
  std::uint32_t times_sent = 0;  // each of its packets, at most
};

// What the end that receives can suspect after a timeout: payloads of up to `largest` bytes have
// arrived, and the sweep has larger ones that need larger packets. Nothing if it has none. A large
// ping comes first, so `largest` is often that of the opening ping, or 0.
[[nodiscard]] std::optional<BlackHole> suspect_black_hole(std::uint64_t largest,
                                                          const SweepSpec& sweep,
                                                          const PathInfo& path);

// "payloads of up to 1301 bytes passed; ...", with the size of IP packets if `path` has it.
[[nodiscard]] std::string describe(const BlackHole& hole, const PathInfo& path);

// For the trailer: " passed_bytes=1301 lost_bytes=1401 times_sent=6", as far as known.
[[nodiscard]] std::string trailer_facts(const std::optional<BlackHole>& hole);

inline constexpr std::string_view kBlackHoleRemedy =
    "Try a smaller MTU on the sending host's interface (ip link set dev IF mtu 1280), its sysctl "
    "net.ipv4.tcp_mtu_probing=1, or smaller --sizes.";

}  // namespace tcpstep
