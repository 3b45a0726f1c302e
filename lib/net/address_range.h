// Networks by prefix: 192.0.2.0/24, 2001:db8::/32.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "lib/net/address.h"

namespace tcpstep {

class AddressRange {
 public:
  // "192.0.2.0/24", "2001:db8::/32", or one address without a prefix. Throws UsageError.
  explicit AddressRange(std::string_view text);

  [[nodiscard]] bool contains(const Address& address) const;

 private:
  std::array<std::uint8_t, 16> bytes_{};
  IpVersion version_;
  unsigned bits_;
};

// What limits count as one client: an IPv4 address, an IPv6 /64.
[[nodiscard]] std::string network_of(const Address& address);

// The /24 or /48 of an address, as part of a name: "192.0.2.x", "2001.db8.1.x".
[[nodiscard]] std::string name_of_network(const Address& address);

}  // namespace tcpstep
