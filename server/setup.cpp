#include "server/setup.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "lib/base/error.h"
#include "lib/net/interface_info.h"
#include "lib/protocol/frame.h"

namespace tcpstep {
namespace {

volatile std::sig_atomic_t is_state_requested = 0;

void request_state(int /*signal*/) {
  is_state_requested = 1;
}

// Each run reports the congestion control that it uses. `port_option` and `address_option` are
// those that chose the place.
Listener listen_on(const ServerOptions& options, const std::string& address, std::uint16_t port,
                   const char* port_option, const char* address_option) {
  try {
    Listener listener(address, port, options.ip_version);
    if (options.run.congestion_control != "system") {
      static_cast<void>(listener.set_congestion_control(options.run.congestion_control));
    }
    return listener;
  } catch (const std::system_error& error) {
    switch (error.code().value()) {
      case EADDRINUSE:
        throw WorldError(error.what(),
                         fmt::format("Is another tcpstep-server running? Try {} N.", port_option));
      case EADDRNOTAVAIL:
        throw WorldError(
            error.what(),
            fmt::format("{} takes an address of this host: see 'ip address'.", address_option));
      case EACCES:
        throw WorldError(error.what(),
                         fmt::format("Ports below 1024 need privileges. Try {} N.", port_option));
      default:
        throw;
    }
  }
}

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

void catch_state_signal(sigset_t& mask) {
  struct sigaction action {};
  action.sa_handler = request_state;
  sigemptyset(&action.sa_mask);
  ::sigaction(SIGUSR1, &action, nullptr);
  sigset_t held;
  sigemptyset(&held);
  sigaddset(&held, SIGUSR1);
  ::pthread_sigmask(SIG_BLOCK, &held, nullptr);
  sigdelset(&mask, SIGUSR1);
}

bool take_state_request() {
  const bool is_asked = is_state_requested != 0;
  is_state_requested = 0;
  return is_asked;
}

Listener listen_as(const ServerOptions& options) {
  return listen_on(options, options.bind_address, options.port, "--port", "--bind");
}

Listener listen_for_browsers(const ServerOptions& options) {
  return listen_on(options, options.web->bind_address, options.web->port, "--web", "--web");
}

WebOffer web_offer_of(const ServerOptions& options) {
  return {.sweep = options.web_sweep(),
          .links = options.limits.links.empty()
                       ? std::vector<std::string>{"lan", "wifi", "adsl", "3g", "lte", "other"}
                       : options.limits.links};
}

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
