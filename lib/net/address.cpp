#include "lib/net/address.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/base/text.h"

namespace tcpstep {
namespace {

socklen_t length_of_family(int family) {
  switch (family) {
    case AF_INET:
      return sizeof(sockaddr_in);
    case AF_INET6:
      return sizeof(sockaddr_in6);
    default:
      throw WorldError(fmt::format("address of family {} is neither IPv4 nor IPv6", family));
  }
}

// memcpy instead of a cast: the storage holds one of two types, and only a copy may look at it.
template <class SockAddr>
SockAddr as(const sockaddr_storage& storage) {
  SockAddr result{};
  std::memcpy(&result, &storage, sizeof result);
  return result;
}

// The interface is part of such an address: each has the same network.
bool lacks_interface(const Address& address) {
  if (address.family() != AF_INET6) {
    return false;
  }
  sockaddr_in6 v6{};
  std::memcpy(&v6, address.raw(), sizeof v6);
  return IN6_IS_ADDR_LINKLOCAL(&v6.sin6_addr) && v6.sin6_scope_id == 0;
}

}  // namespace

Address::Address(const sockaddr* address, socklen_t length) : length_(length) {
  if (length < static_cast<socklen_t>(sizeof(sa_family_t)) || length > sizeof storage_) {
    throw WorldError(fmt::format("an address of {} bytes is not an internet address", length));
  }
  std::memcpy(&storage_, address, length);
  const socklen_t needed = length_of_family(family());
  if (length < needed) {
    throw WorldError(fmt::format("address is cut: {} of {} bytes", length, needed));
  }
}

const sockaddr* Address::raw() const {
  return reinterpret_cast<const sockaddr*>(&storage_);
}

std::uint16_t Address::port() const {
  return ntohs(family() == AF_INET ? as<sockaddr_in>(storage_).sin_port
                                   : as<sockaddr_in6>(storage_).sin6_port);
}

IpVersion Address::version() const {
  if (family() == AF_INET) {
    return IpVersion::V4;
  }
  const auto v6 = as<sockaddr_in6>(storage_);
  return IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr) ? IpVersion::V4 : IpVersion::V6;
}

std::string Address::text() const {
  std::array<char, NI_MAXHOST> host{};
  const int error = ::getnameinfo(raw(), length_, host.data(), host.size(), nullptr, 0,
                                  NI_NUMERICHOST);  // keeps the scope: fe80::1%eth0
  const std::string_view numeric = error == 0 ? host.data() : "?";
  if (family() == AF_INET) {
    return fmt::format("{}:{}", numeric, port());
  }
  if (version() == IpVersion::V4) {
    return fmt::format("{}:{}", numeric.substr(numeric.rfind(':') + 1), port());
  }
  return fmt::format("[{}]:{}", numeric, port());
}

HostAndPort split_host(std::string_view text) {
  const bool is_bracketed = text.starts_with('[');
  const std::size_t bracket = text.find(']');
  std::string_view host = text;
  std::string_view rest;
  if (is_bracketed && bracket != std::string_view::npos) {
    host = text.substr(1, bracket - 1);
    rest = text.substr(bracket + 1);
  } else if (std::ranges::count(text, ':') == 1) {  // more of them are an IPv6 address
    host = text.substr(0, text.find(':'));
    rest = text.substr(text.find(':'));
  }
  if (host.empty() || host.starts_with('[') || (!rest.empty() && !rest.starts_with(':'))) {
    throw UsageError(fmt::format("invalid host '{}'", printable(text)),
                     "Expected HOST, HOST:PORT, an address, or [IPV6-ADDRESS]:PORT.");
  }
  return {.host = std::string(host),
          .port = rest.empty() ? std::nullopt : std::optional(parse_port(rest.substr(1)))};
}

std::vector<Address> resolve(const std::string& host, std::uint16_t port, IpVersion version) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_NUMERICSERV;
  wanted.ai_family = version == IpVersion::V4   ? AF_INET
                     : version == IpVersion::V6 ? AF_INET6
                                                : AF_UNSPEC;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &found);
  if (error != 0) {
    throw WorldError(fmt::format("cannot resolve {}: {}", printable(host), ::gai_strerror(error)),
                     "Check the spelling, try the numeric address, and leave out -4 or -6.");
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
  std::vector<Address> addresses;
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    addresses.emplace_back(entry->ai_addr, entry->ai_addrlen);
    if (lacks_interface(addresses.back())) {
      throw WorldError(
          fmt::format("the link-local address {} needs its interface", printable(host)),
          fmt::format("For instance {}%eth0: see 'ip address'.", printable(host)));
    }
  }
  return addresses;
}

}  // namespace tcpstep
