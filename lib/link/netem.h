// The nearest that the kernel's netem queueing discipline comes to a link.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "lib/link/profile.h"

namespace tcpstep {

struct NetemEquivalent {
  std::array<std::vector<std::string>, 2> options;  // after "tc qdisc … netem", of each direction
  std::vector<std::string> limits;                  // what these do not express
};

// For Ethernet or veth devices, whose queueing disciplines count 14 bytes more than the IP packet.
[[nodiscard]] NetemEquivalent netem_equivalent(const Profile& profile);

// The words of tc(8) that put it on `device`.
[[nodiscard]] std::vector<std::string> netem_command(const std::string& device,
                                                     const std::vector<std::string>& options);

}  // namespace tcpstep
