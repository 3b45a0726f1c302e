#include "lib/net/interface_info.h"

#include <fmt/format.h>
#include <ifaddrs.h>
#include <linux/ethtool.h>
#include <linux/net_tstamp.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <memory>

#include "lib/base/fd.h"

namespace tcpstep {
namespace {

using Interfaces = std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)>;

Interfaces all_interfaces() {
  ifaddrs* first = nullptr;
  static_cast<void>(::getifaddrs(&first));
  return {first, &::freeifaddrs};
}

// The host part of an address; IPv4-mapped addresses count as IPv4.
std::string host_part(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, address, sizeof v4);
    return {reinterpret_cast<const char*>(&v4.sin_addr), sizeof v4.sin_addr};
  }
  sockaddr_in6 v6{};
  std::memcpy(&v6, address, sizeof v6);
  const std::string bytes(reinterpret_cast<const char*>(&v6.sin6_addr), sizeof v6.sin6_addr);
  return IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr) ? bytes.substr(12) : bytes;
}

bool is_internet(const sockaddr* address) {
  return address != nullptr && (address->sa_family == AF_INET || address->sa_family == AF_INET6);
}

// One ethtool request; false if the driver or the kernel does not support it.
template <class Request>
bool ask(const std::string& interface, Request& request) {
  const Fd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq message{};
  interface.copy(message.ifr_name, IFNAMSIZ - 1);
  message.ifr_data = reinterpret_cast<char*>(&request);
  return ::ioctl(fd.get(), SIOCETHTOOL, &message) == 0;
}

// Adds " word=on" or " word=off"; nothing where the kernel does not say. Whether it is on.
bool add_switch(InterfaceInfo& info, const char* word, std::uint32_t command, std::uint32_t mask) {
  ethtool_value value{.cmd = command, .data = 0};
  if (!ask(info.name, value)) {
    return false;
  }
  const bool is_on = (value.data & mask) != 0;
  info.offloads +=
      fmt::format("{}{}={}", info.offloads.empty() ? "" : " ", word, is_on ? "on" : "off");
  return is_on;
}

std::string coalescing_of(const std::string& name) {
  ethtool_coalesce coalesce{};
  coalesce.cmd = ETHTOOL_GCOALESCE;
  if (!ask(name, coalesce)) {
    return {};
  }
  return fmt::format("rx={}us tx={}us adaptive_rx={}", coalesce.rx_coalesce_usecs,
                     coalesce.tx_coalesce_usecs,
                     coalesce.use_adaptive_rx_coalesce != 0 ? "on" : "off");
}

std::string speed_of(const std::string& name) {
  std::ifstream file("/sys/class/net/" + name + "/speed");
  long megabits = 0;
  return file >> megabits && megabits > 0 ? fmt::format("{} Mbit/s", megabits) : std::string();
}

bool card_can_stamp(const std::string& name) {
  ethtool_ts_info info{};
  info.cmd = ETHTOOL_GET_TS_INFO;
  constexpr std::uint32_t kNeeded = SOF_TIMESTAMPING_TX_HARDWARE | SOF_TIMESTAMPING_RX_HARDWARE;
  return ask(name, info) && (info.so_timestamping & kNeeded) == kNeeded;
}

bool is_link_local(const sockaddr* address) {
  if (address->sa_family != AF_INET6) {
    return false;
  }
  const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address);
  return IN6_IS_ADDR_LINKLOCAL(&v6->sin6_addr);
}

}  // namespace

InterfaceInfo describe_interface(const Address& local) {
  const std::string wanted = host_part(local.raw());
  const Interfaces interfaces = all_interfaces();
  for (const ifaddrs* entry = interfaces.get(); entry != nullptr; entry = entry->ifa_next) {
    if (is_internet(entry->ifa_addr) && host_part(entry->ifa_addr) == wanted) {
      return describe_interface(std::string(entry->ifa_name));
    }
  }
  return {};
}

InterfaceInfo describe_interface(const std::string& name) {
  InterfaceInfo info;
  info.name = name;
  ethtool_drvinfo driver{};
  driver.cmd = ETHTOOL_GDRVINFO;
  if (ask(name, driver)) {
    info.driver = driver.driver;
  }
  info.speed = speed_of(name);
  const bool has_tso = add_switch(info, "tso", ETHTOOL_GTSO, 1);
  const bool has_gso = add_switch(info, "gso", ETHTOOL_GGSO, 1);
  const bool has_gro = add_switch(info, "gro", ETHTOOL_GGRO, 1);
  const bool has_lro = add_switch(info, "lro", ETHTOOL_GFLAGS, ETH_FLAG_LRO);
  const bool is_one_each = segments_merged_at_most(name) == 1U;
  info.offloads += is_one_each && !info.offloads.empty() ? " gso_max_segs=1" : "";
  info.merges_segments = has_gro || has_lro || ((has_tso || has_gso) && !is_one_each);
  info.coalescing = coalescing_of(name);
  info.qdisc = qdisc_of(name);
  info.can_stamp = card_can_stamp(name);
  return info;
}

std::vector<std::string> interfaces_up() {
  std::vector<std::string> names;
  const Interfaces interfaces = all_interfaces();
  for (const ifaddrs* entry = interfaces.get(); entry != nullptr; entry = entry->ifa_next) {
    const bool is_up = (entry->ifa_flags & IFF_UP) != 0;
    if (is_up && std::ranges::find(names, entry->ifa_name) == names.end()) {
      names.emplace_back(entry->ifa_name);
    }
  }
  return names;
}

bool start_card_stamps(const std::string& name) {
  const Fd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  hwtstamp_config config{.flags = 0, .tx_type = HWTSTAMP_TX_ON, .rx_filter = HWTSTAMP_FILTER_ALL};
  ifreq message{};
  name.copy(message.ifr_name, IFNAMSIZ - 1);
  message.ifr_data = reinterpret_cast<char*>(&config);
  return ::ioctl(fd.get(), SIOCSHWTSTAMP, &message) == 0;
}

std::vector<Address> addresses_of_this_host(IpVersion version) {
  const Interfaces interfaces = all_interfaces();
  std::vector<Address> addresses;
  for (const ifaddrs* entry = interfaces.get(); entry != nullptr; entry = entry->ifa_next) {
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
