// The addresses of this host at which others may reach it.
#pragma once

#include <vector>

#include "lib/base/units.h"
#include "lib/net/address.h"

namespace tcpstep {

// Of all interfaces that are up but loopback, without link-local ones, IPv4 first. Their port is 0.
// Empty if the kernel does not say.
[[nodiscard]] std::vector<Address> addresses_of_this_host(IpVersion version);

}  // namespace tcpstep
