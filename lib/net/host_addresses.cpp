#include "lib/net/host_addresses.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <memory>

namespace tcpstep {
namespace {

bool is_link_local(const sockaddr* address) {
  if (address->sa_family != AF_INET6) {
    return false;
  }
  const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address);
  return IN6_IS_ADDR_LINKLOCAL(&v6->sin6_addr);
}

}  // namespace

std::vector<Address> addresses_of_this_host(IpVersion version) {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) {
    return {};
  }
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(list, &::freeifaddrs);
  std::vector<Address> addresses;
  for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
    const bool is_usable = (entry->ifa_flags & IFF_UP) != 0 &&
                           (entry->ifa_flags & IFF_LOOPBACK) == 0 && entry->ifa_addr != nullptr;
    const int family = is_usable ? entry->ifa_addr->sa_family : AF_UNSPEC;
    const bool is_v4 = family == AF_INET && version != IpVersion::V6;
    const bool is_v6 =
        family == AF_INET6 && version != IpVersion::V4 && !is_link_local(entry->ifa_addr);
    if (is_v4 || is_v6) {
      addresses.emplace_back(entry->ifa_addr, static_cast<socklen_t>(is_v4 ? sizeof(sockaddr_in)
                                                                           : sizeof(sockaddr_in6)));
    }
  }
  // Not the one of std::ranges, which clang 14 cannot compile with this library.
  std::stable_partition(addresses.begin(), addresses.end(),
                        [](const Address& address) { return address.version() == IpVersion::V4; });
  return addresses;
}

}  // namespace tcpstep
