#include "server/setup.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdint>
#include <string>
#include <system_error>
#include <vector>

#include "lib/base/error.h"

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

}  // namespace tcpstep
