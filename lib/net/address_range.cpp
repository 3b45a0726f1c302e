#include "lib/net/address_range.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "lib/base/error.h"
#include "lib/base/text.h"

namespace tcpstep {
namespace {

using Bytes = std::array<std::uint8_t, 16>;

// The address in network order; IPv4 in the first four bytes.
Bytes bytes_of(const Address& address) {
  Bytes bytes{};
  if (address.family() == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, address.raw(), sizeof v4);
    std::memcpy(bytes.data(), &v4.sin_addr, sizeof v4.sin_addr);
    return bytes;
  }
  sockaddr_in6 v6{};
  std::memcpy(&v6, address.raw(), sizeof v6);
  if (address.version() == IpVersion::V4) {
    std::memcpy(bytes.data(), &v6.sin6_addr.s6_addr[12], 4);
  } else {
    std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
  }
  return bytes;
}

bool agree(const Bytes& a, const Bytes& b, unsigned bits) {
  for (unsigned i = 0; i < bits; ++i) {
    const auto mask = static_cast<std::uint8_t>(0x80U >> (i % 8));
    if (((a.at(i / 8) ^ b.at(i / 8)) & mask) != 0) {
      return false;
    }
  }
  return true;
}

}  // namespace

AddressRange::AddressRange(std::string_view text) {
  constexpr Bytes kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};  // RFC 4291, section 2.5.5.2
  constexpr unsigned kMappedBits = 96;
  const std::string address(text.substr(0, text.find('/')));
  version_ = address.find(':') == std::string::npos ? IpVersion::V4 : IpVersion::V6;
  const unsigned longest = version_ == IpVersion::V4 ? 32 : 128;
  bits_ = longest;
  const bool is_address = ::inet_pton(version_ == IpVersion::V4 ? AF_INET : AF_INET6,
                                      address.c_str(), bytes_.data()) == 1;
  bool has_prefix = true;
  if (address.size() < text.size()) {
    const std::string_view prefix = text.substr(address.size() + 1);
    const auto [end, error] = std::from_chars(prefix.data(), prefix.data() + prefix.size(), bits_);
    has_prefix = error == std::errc{} && end == prefix.data() + prefix.size() && bits_ <= longest;
  }
  if (!is_address || !has_prefix) {
    throw UsageError(fmt::format("invalid CIDR prefix '{}'", printable(text)),
                     "Expected an address and a prefix length: 192.0.2.0/24, 2001:db8::/32.");
  }
  if (version_ == IpVersion::V6 && bits_ >= kMappedBits && agree(bytes_, kMapped, kMappedBits)) {
    version_ = IpVersion::V4;  // such clients count as IPv4
    bits_ -= kMappedBits;
    std::copy(bytes_.begin() + 12, bytes_.end(), bytes_.begin());
  }
}

bool AddressRange::contains(const Address& address) const {
  return address.version() == version_ && agree(bytes_, bytes_of(address), bits_);
}

std::string network_of(const Address& address) {
  Bytes bytes = bytes_of(address);
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.version() == IpVersion::V4) {
    return ::inet_ntop(AF_INET, bytes.data(), text.data(), text.size());
  }
  std::fill(bytes.begin() + 8, bytes.end(), std::uint8_t{0});
  return std::string(::inet_ntop(AF_INET6, bytes.data(), text.data(), text.size())) + "/64";
}

std::string name_of_network(const Address& address) {
  const bool is_v4 = address.version() == IpVersion::V4;
  Bytes bytes = bytes_of(address);
  std::fill(bytes.begin() + (is_v4 ? 3 : 6), bytes.end(), std::uint8_t{0});
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  std::string text =
      ::inet_ntop(is_v4 ? AF_INET : AF_INET6, bytes.data(), buffer.data(), buffer.size());
  text.resize(is_v4 ? text.rfind('.') : text.find_last_not_of(':') + 1);
  std::ranges::replace(text, ':', '.');
  return text + (text.empty() ? "" : ".") + "x";
}

}  // namespace tcpstep
