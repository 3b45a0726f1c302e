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

// The addresses where others can reach this host, few at most.
std::vector<std::string> hosts_of(const std::string& bind_address, IpVersion version) {
  if (!bind_address.empty()) {
    return {bind_address};
  }
  std::vector<std::string> hosts;
  for (const Address& address : addresses_of_this_host(version)) {
    hosts.push_back(host_of(address));
  }
  hosts.resize(std::min(hosts.size(), kMostAddresses));
  return hosts;
}

}  // namespace

std::string how_to_reach(const ServerOptions& options) {
  const std::vector<std::string> hosts = hosts_of(options.bind_address, options.ip_version);
  std::string text;
  std::string_view lead = "on the other host: ";
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    text += fmt::format("{}{:>{}}tcpstep run {}", i == 0 ? "" : "\n", i == 0 ? lead : "",
                        lead.size(), for_client(hosts[i], options.port));
  }
  return text;
}

std::string how_to_browse(const ServerOptions& options) {
  std::vector<std::string> hosts = hosts_of(options.web->bind_address, options.ip_version);
  if (hosts.empty()) {
    hosts.emplace_back("localhost");
  }
  std::string text;
  for (const std::string& host : hosts) {
    const bool is_v6 = host.find(':') != std::string::npos;
    text += fmt::format("{}http://{}{}{}:{}/", text.empty() ? "" : "  ", is_v6 ? "[" : "", host,
                        is_v6 ? "]" : "", options.web->port);
  }
  return text;
}

}  // namespace tcpstep
