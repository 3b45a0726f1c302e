#include "client/connect.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <span>
#include <thread>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/text.h"
#include "lib/cli/program.h"
#include "lib/cli/stop_signals.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;
using State = ClientNegotiation::State;

constexpr std::size_t kReadAtOnce = std::size_t{64} * 1024;
constexpr std::uint64_t kLongestLimit = 100'000;  // seconds; a server that says more has none
constexpr Duration kQueueTimeout = 60s;  // the server confirms every ten seconds that it is there

TcpConnection connect_once(const ClientOptions& options) {
  const auto addresses = resolve(options.host, options.port, options.ip_version);
  const auto show = [&](const std::string& message) {
    if (!options.is_quiet) {
      print_message("tcpstep-client: " + message);
    }
  };
  try {
    // The acks should cost what the payloads cost: BBR paces even a single byte.
    return TcpConnection::connect(addresses, options.timeout, kCongestionControl, show);
  } catch (const std::system_error& error) {
    StopSignals::die_if_received();
    throw WorldError(fmt::format("cannot {}", error.what()),
                     fmt::format("Is tcpstep-server running there? Is port {} open? Try --port N, "
                                 "or --retry N to wait for it.",
                                 options.port));
  }
}

void print_queue_position(const std::optional<std::uint64_t>& ahead) {
  if (ahead.value_or(0) > 0) {
    print_message(fmt::format("tcpstep-client: queued: {} ahead", count_of(*ahead, "client")));
  }
}

Request request_for(const ClientOptions& options, MeasuredDirection direction,
                    const HostFacts& host) {
  Request request = options.request;
  request.sweep.values.direction = direction;
  request.tool = version_and_git();
  request.environment = environment_of(host, false);
  return request;
}

}  // namespace

TcpConnection connect_with_retries(const ClientOptions& options) {
  for (std::uint32_t attempt = 0;; ++attempt) {
    try {
      return connect_once(options);
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

Agreement negotiate(TcpConnection& server, const ClientOptions& options,
                    MeasuredDirection direction, const HostFacts& host, const Secret* secret) {
  ClientNegotiation negotiation(request_for(options, direction, host), secret);
  std::vector<std::byte> buffer(kReadAtOnce);
  std::optional<std::uint64_t> ahead;
  const auto result = [&](PingStatus end) {
    const bool is_accepted = negotiation.state() == State::Accepted;
    const std::uint64_t acked = negotiation.has_acked() ? 1 : 0;
    return Agreement{.accept = is_accepted ? std::optional(negotiation.accept()) : std::nullopt,
                     .limits = negotiation.limits(),
                     .has_asked = negotiation.has_asked(),
                     .so_far = {.payloads = acked, .bytes = acked, .end = end},
                     .rest = negotiation.take_rest()};
  };
  for (;;) {
    const auto received = server.receive_some(buffer);
    if (received.status != PingStatus::Ok) {
      return result(received.status);
    }
    const std::string reply = negotiation.add(std::span(buffer).first(received.bytes));
    if (const PingStatus sent = server.send_all(bytes_of(reply)); sent != PingStatus::Ok) {
      return result(sent);
    }
    switch (negotiation.state()) {
      case State::Waiting:
        server.set_io_timeout(std::max(options.timeout, kQueueTimeout));
        if (negotiation.ahead() != ahead && !options.is_quiet) {
          print_queue_position(negotiation.ahead());
        }
        ahead = negotiation.ahead();
        break;
      case State::Accepted:
        server.set_io_timeout(options.timeout);
        return result(PingStatus::Ok);
      case State::Classic:
        return result(PingStatus::Ok);
      case State::Refused:
        throw WorldError("the server refused: " + negotiation.refusal().reason,
                         negotiation.refusal().hint);
      case State::Failed:
        throw WorldError("the server broke the protocol: " + negotiation.fault());
      default:
        break;
    }
  }
}

RunSettings settings_of(const Accept& accept, const RunLimits& limits, const ClientOptions& options,
                        std::chrono::steady_clock::time_point begin) {
  RunSettings settings;
  settings.sweep = accept.sweep;
  if (limits.seconds > 0 && limits.seconds <= kLongestLimit) {
    settings.deadline = begin + std::chrono::seconds(limits.seconds);
  }
  settings.congestion_control = kCongestionControl;
  settings.scheduling = options.this_host.scheduling;
  settings.busy_poll = options.this_host.busy_poll;
  settings.is_anonymous = accept.is_anonymous;
  settings.has_peer_retransmits = accept.has_peer_retransmits;
  return settings;
}

RunIdentity identity_of(const Accept& accept) {
  return {.run_id = accept.run_id,
          .is_negotiated = true,
          .concurrent_runs = accept.concurrent_runs,
          .peer = accept.environment};
}

FreshConnection join_run(const Address& server, const std::string& token,
                         const ClientOptions& options, const Secret* secret) {
  TcpConnection connection = TcpConnection::connect(server, options.timeout, kCongestionControl);
  static_cast<void>(prepare_connection(connection, options));
  ClientNegotiation negotiation(Join{.token = token}, secret);
  std::array<std::byte, 4096> buffer{};
  while (negotiation.state() != State::Accepted) {
    const auto received = connection.receive_some(buffer);
    if (received.status != PingStatus::Ok) {
      throw WorldError(fmt::format("a fresh connection failed: {}", to_word(received.status)));
    }
    const std::string reply = negotiation.add(std::span(buffer).first(received.bytes));
    const bool is_over = negotiation.state() == State::Refused ||
                         negotiation.state() == State::Failed ||
                         negotiation.state() == State::Classic;
    if (is_over || connection.send_all(bytes_of(reply)) != PingStatus::Ok) {
      throw WorldError("a fresh connection was refused: " + negotiation.refusal().reason +
                       negotiation.fault());
    }
  }
  return {.connection = std::move(connection), .rest = negotiation.take_rest()};
}

}  // namespace tcpstep
