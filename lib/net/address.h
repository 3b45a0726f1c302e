// Internet addresses: from names, from the kernel, to text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/units.h"
#include "lib/net/sockets.h"

namespace tcpstep {

// An IPv4 or IPv6 address with its port.
class Address {
 public:
  // Copies what accept(2), getsockname(2) or getaddrinfo(3) returned. Throws WorldError if
  // `length` is shorter than the family's address, as a truncated sockaddr_in6 would be.
  Address(const sockaddr* address, socklen_t length);

  [[nodiscard]] const sockaddr* raw() const;
  [[nodiscard]] socklen_t length() const { return length_; }
  [[nodiscard]] int family() const { return storage_.ss_family; }
  [[nodiscard]] std::uint16_t port() const;

  // IpVersion::V4 also for an IPv4 peer of a dual-stack socket (::ffff:192.0.2.1).
  [[nodiscard]] IpVersion version() const;

  // "192.0.2.1:19901", "[2001:db8::1]:19901"; IPv4-mapped addresses print as IPv4.
  [[nodiscard]] std::string text() const;

 private:
  sockaddr_storage storage_{};
  socklen_t length_ = 0;
};

// A host as ssh takes it: "lab.example.org", "lab.example.org:7000", "2001:db8::7",
// "[2001:db8::7]:7000", "fe80::1%eth0". Throws UsageError.
struct HostAndPort {
  std::string host;                   // without brackets
  std::optional<std::uint16_t> port;  // if `text` has one
};
[[nodiscard]] HostAndPort split_host(std::string_view text);

// Every address of `host`, in the resolver's order of preference (RFC 6724). Never empty.
// Throws WorldError if the name cannot be resolved, or is a link-local address without interface.
[[nodiscard]] std::vector<Address> resolve(const std::string& host, std::uint16_t port,
                                           IpVersion version);

}  // namespace tcpstep
