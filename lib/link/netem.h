// The closest equivalent of a link in the kernel's netem queueing discipline.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "lib/link/profile.h"

namespace tcpstep {

struct NetemEquivalent {
  std::array<std::vector<std::string>, 2> options;  // of each direction, after "tc qdisc … netem"
  std::vector<std::string> limits;                  // what these do not reproduce
};

// For Ethernet or veth devices, whose queueing disciplines count 14 bytes more than the IP packet.
[[nodiscard]] NetemEquivalent netem_equivalent(const Profile& profile);

// The tc(8) command that puts it on `device`.
[[nodiscard]] std::vector<std::string> netem_command(const std::string& device,
                                                     const std::vector<std::string>& options);

}  // namespace tcpstep
