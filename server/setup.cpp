#include "server/setup.h"

#include <cerrno>
#include <system_error>

#include "lib/base/error.h"

namespace tcpstep {
namespace {

volatile std::sig_atomic_t is_state_requested = 0;

void request_state(int /*signal*/) {
  is_state_requested = 1;
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
  try {
    return {options.bind_address, options.port, options.ip_version};
  } catch (const std::system_error& error) {
    switch (error.code().value()) {
      case EADDRINUSE:
        throw WorldError(error.what(), "Is another tcpstep-server running? Try --port N.");
      case EADDRNOTAVAIL:
        throw WorldError(error.what(), "--bind takes an address of this host: see 'ip address'.");
      case EACCES:
        throw WorldError(error.what(), "Ports below 1024 need privileges. Try --port N.");
      default:
        throw;
    }
  }
}

}  // namespace tcpstep
