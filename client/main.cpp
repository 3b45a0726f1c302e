// tcpstep-client: connects, reads each payload to its sentinel, answers one byte.
#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "client/options.h"
#include "lib/base/error.h"
#include "lib/base/text.h"
#include "lib/cli/print.h"
#include "lib/cli/run_program.h"
#include "lib/cli/stop_signals.h"
#include "lib/measure/responder.h"
#include "lib/net/tcp_connection.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

// The first address that answers. Throws what the last one said if none does.
TcpConnection connect_to_any(const ClientOptions& options) {
  const auto addresses = resolve(options.host, options.port, options.ip_version);
  for (std::size_t i = 0;; ++i) {
    try {
      // The acks should cost what the payloads cost: BBR paces even a single byte.
      return TcpConnection::connect(addresses[i], options.timeout, "cubic");
    } catch (const std::system_error& error) {
      if (StopSignals::received() != 0) {
        StopSignals::die_of(StopSignals::received());
      }
      if (i + 1 == addresses.size()) {
        throw WorldError(fmt::format("cannot {}", error.what()),
                         fmt::format("Is tcpstep-server running there? Is port {} open? Try "
                                     "--port N, or --retry N to wait for it.",
                                     options.port));
      }
      print_words(
          fmt::format("tcpstep-client: {}, trying {}", error.what(), addresses[i + 1].text()));
    }
  }
}

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
    if (StopSignals::received() != 0) {
      StopSignals::die_of(StopSignals::received());
    }
  }
}

// Throws if the server's end was not an orderly one.
void check_end(const Responses& responses, const ClientOptions& options) {
  const std::string after = " after " + count_of(responses.payloads, "payload");
  switch (responses.end) {
    case PingStatus::Closed: {
      const std::string hint =
          responses.payloads > 0 ? "" : "Is it a tcpstep-server, and does its own message say why?";
      if (responses.unfinished_bytes > 0) {
        throw WorldError(fmt::format("the server closed the connection in the middle of a payload, "
                                     "{} into it,{}",
                                     count_of(responses.unfinished_bytes, "byte"), after),
                         hint);
      }
      if (responses.payloads == 0) {
        throw WorldError("the server closed the connection before the first payload", hint);
      }
      return;
    }
    case PingStatus::Timeout:
      throw WorldError(fmt::format("nothing came from the server for {},{}",
                                   format_duration(options.timeout), after),
                       responses.payloads == 0
                           ? "It may be measuring another client: wait longer with "
                             "--timeout 10min. Or it is no tcpstep-server."
                           : "The path may be down. --timeout sets how long to wait.");
    case PingStatus::Reset:
      throw WorldError("the server reset the connection" + after);
    case PingStatus::Protocol:
      throw WorldError(
          "the server sent a sentinel inside a payload or did not wait for the answer," + after,
          "It does not speak tcpstep's protocol: see docs/protocol.md.");
    case PingStatus::Interrupted:
      if (StopSignals::received() != 0) {
        StopSignals::die_of(StopSignals::received());
      }
      [[fallthrough]];
    default:
      throw WorldError("the connection failed" + after);
  }
}

int answer_payloads(const ClientOptions& options) {
  const StopSignals signals;
  for (const Warning& warning : apply(options.this_host.scheduling).warnings) {
    print_words(fmt::format("tcpstep-client: {}\n  {}", warning.words, warning.remedy));
  }
  TcpConnection server = connect_with_retries(options);
  server.set_io_timeout(options.timeout);
  server.set_wait(options.this_host.scheduling.wait);
  if (server.set_busy_poll(options.this_host.busy_poll) < options.this_host.busy_poll) {
    print_words("tcpstep-client: --busy-poll is not permitted here, the client goes on without it");
  }
  if (!options.is_quiet) {
    print_words(fmt::format("tcpstep-client: connected to {}", server.peer().text()));
  }
  Responder responder(server);
  const auto begin = std::chrono::steady_clock::now();
  const Responses responses = responder.run();
  const Duration elapsed = std::chrono::steady_clock::now() - begin;
  if (!options.is_quiet) {
    print_data(fmt::format("{}, {} in {} from {}\n", count_of(responses.payloads, "payload"),
                           count_of(responses.bytes, "byte"), format_duration(elapsed),
                           server.peer().text()));
  }
  check_end(responses, options);
  return kExitFine;
}

}  // namespace
}  // namespace tcpstep

int main(int argc, char** argv) {
  return tcpstep::run_program("tcpstep-client", [&] {
    const auto options = tcpstep::parse_client_options(argc, argv);
    return options ? tcpstep::answer_payloads(*options) : tcpstep::kExitFine;
  });
}
