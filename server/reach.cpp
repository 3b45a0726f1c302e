#include "server/reach.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "lib/net/host_addresses.h"
#include "lib/protocol/classic.h"

namespace tcpstep {
namespace {

constexpr std::size_t kMostAddresses = 4;

// "192.0.2.1", "192.0.2.1:7000", "2001:db8::1", "[2001:db8::1]:7000".
std::string for_client(const std::string& host, std::uint16_t port) {
  if (port == kDefaultPort) {
    return host;
  }
  const bool is_v6 = host.find(':') != std::string::npos;
  return is_v6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

// "192.0.2.1" of "192.0.2.1:0", "2001:db8::1" of "[2001:db8::1]:0".
std::string host_of(const Address& address) {
  const std::string text = address.text();
  const std::string host = text.substr(0, text.rfind(':'));
  return host.starts_with('[') ? host.substr(1, host.size() - 2) : host;
}

}  // namespace

std::string how_to_reach(const ServerOptions& options) {
  std::vector<std::string> hosts;
  if (!options.bind_address.empty()) {
    hosts.push_back(options.bind_address);
  } else {
    for (const Address& address : addresses_of_this_host(options.ip_version)) {
      hosts.push_back(host_of(address));
    }
  }
  std::string text;
  std::string_view lead = "on the other host: ";
  for (std::size_t i = 0; i < std::min(hosts.size(), kMostAddresses); ++i) {
    text += fmt::format("{}{:>{}}tcpstep run {}", i == 0 ? "" : "\n", i == 0 ? lead : "",
                        lead.size(), for_client(hosts[i], options.port));
  }
  return text;
}

}  // namespace tcpstep
