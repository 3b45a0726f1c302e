#include "client/connect.h"

#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "lib/base/error.h"
#include "lib/cli/program.h"
#include "lib/cli/stop_signals.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

// The first address that answers. Throws what the last one said if none does.
TcpConnection connect_to_any(const ClientOptions& options) {
  const auto addresses = resolve(options.host, options.port, options.ip_version);
  for (std::size_t i = 0;; ++i) {
    try {
      // The acks should cost what the payloads cost: BBR paces even a single byte.
      return TcpConnection::connect(addresses[i], options.timeout, kCongestionControl);
    } catch (const std::system_error& error) {
      StopSignals::die_if_received();
      if (i + 1 == addresses.size()) {
        throw WorldError(fmt::format("cannot {}", error.what()),
                         fmt::format("Is tcpstep-server running there? Is port {} open? Try "
                                     "--port N, or --retry N to wait for it.",
                                     options.port));
      }
      print_message(
          fmt::format("tcpstep-client: {}, trying {}", error.what(), addresses[i + 1].text()));
    }
  }
}

}  // namespace

TcpConnection connect_with_retries(const ClientOptions& options) {
  for (std::uint32_t attempt = 0;; ++attempt) {
    try {
      return connect_to_any(options);
    } catch (const WorldError&) {
      if (attempt == options.retries) {
        throw;
      }
    }
    std::this_thread::sleep_for(1s);
    StopSignals::die_if_received();
  }
}

bool prepare_connection(TcpConnection& server, const ClientOptions& options) {
  server.set_io_timeout(options.timeout);
  server.set_wait(options.this_host.scheduling.wait);
  return server.set_busy_poll(options.this_host.busy_poll) >= options.this_host.busy_poll;
}

}  // namespace tcpstep
