#include "client/connect.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/text.h"
#include "lib/cli/program.h"
#include "lib/cli/stop_signals.h"
#include "lib/sweep/path_speed.h"

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

Request request_for(const ClientOptions& options, MeasuredDirection direction,
                    const HostFacts& host, const TcpConnection& server) {
  Request request = options.request;
  request.sweep.values.direction = direction;
  if (const auto& time = request.sweep.values.time;
      time && !request.sweep.chosen.contains("sizes")) {
    if (auto sizes = fewer_sizes(request.sweep.values, *time, speed_of(server))) {
      request.sweep.values.sizes = std::move(*sizes);
      request.sweep.chosen.insert("sizes");
    }
  }
  request.tool = version_and_git();
  request.environment = environment_of(host, false);
  const EndAddresses addresses = addresses_of(server, Role::Client);
  request.server_addr = addresses.server;
  request.client_addr = addresses.client;
  return request;
}

// What a server may send before it is the client's turn: as much as any queue needs, and less than
// a flood.
class Chatter {
 public:
  // Throws WorldError. To be called for each part that has arrived.
  void check(std::size_t bytes) {
    StopSignals::die_if_received();
    bytes_ += bytes;
    const std::chrono::duration<double> so_far = Clock::now() - begin_;
    if (static_cast<double>(bytes_) > kBurst + kMostPerSecond * so_far.count()) {
      throw WorldError("too many messages from the server", "Is it a tcpstep-server?");
    }
  }

  // Prints where in the queue this client is, if that has changed, once a second at most.
  void show(const std::optional<Queued>& place) {
    const auto now = Clock::now();
    if (!place || place->ahead == shown_ || now < show_at_) {
      return;
    }
    shown_ = place->ahead;
    show_at_ = now + 1s;
    if (place->ahead > 0) {
      print_message(fmt::format("tcpstep-client: queued: {} ahead{}",
                                count_of(place->ahead, "client"), about(place->seconds)));
    }
  }

 private:
  using Clock = std::chrono::steady_clock;
  // An estimate of more than a day is not shown.
  static std::string about(const std::optional<std::uint64_t>& seconds) {
    constexpr std::uint64_t kDay = 24 * 60 * 60;
    return seconds && *seconds <= kDay ? ", about " + rough_duration(std::chrono::seconds(*seconds))
                                       : std::string();
  }

  static constexpr double kBurst = 1 << 20U;  // bytes; a message has 64 KiB at most
  static constexpr double kMostPerSecond = 1 << 14U;

  Clock::time_point begin_ = Clock::now();
  Clock::time_point show_at_ = begin_;
  std::uint64_t bytes_ = 0;
  std::optional<std::uint64_t> shown_;
};

// Throws unless the negotiation goes on, or is over and successful.
void check(const ClientNegotiation& negotiation) {
  if (negotiation.state() == State::Refused) {
    throw WorldError("the server refused: " + negotiation.refusal().reason,
                     negotiation.refusal().hint);
  }
  if (negotiation.state() == State::Failed) {
    throw WorldError("the server broke the protocol: " + negotiation.fault());
  }
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
  ClientNegotiation negotiation(request_for(options, direction, host, server), secret);
  std::vector<std::byte> buffer(kReadAtOnce);
  Chatter chatter;
  std::optional<std::chrono::steady_clock::time_point> deadline;  // of hello and proof
  const auto result = [&](PingStatus end) {
    const bool is_accepted = negotiation.state() == State::Accepted;
    const std::uint64_t acked = negotiation.has_acked() ? 1 : 0;
    return Agreement{.accept = is_accepted ? std::optional(negotiation.accept()) : std::nullopt,
                     .limits = negotiation.limits(),
                     .has_asked = negotiation.has_asked(),
                     .session = negotiation.session(),
                     .so_far = {.payloads = acked, .bytes = acked, .end = end},
                     .rest = negotiation.take_rest()};
  };
  for (;;) {
    const auto received = server.receive_some(buffer);
    if (received.status != PingStatus::Ok) {
      return result(received.status);
    }
    chatter.check(received.bytes);
    const std::string reply = negotiation.add(std::span(buffer).first(received.bytes));
    if (const PingStatus sent = server.send_all(bytes_of(reply)); sent != PingStatus::Ok) {
      return result(sent);
    }
    check(negotiation);
    switch (negotiation.state()) {
      case State::Waiting:
        server.set_io_timeout(std::max(options.timeout, kQueueTimeout));
        if (!options.is_quiet) {
          chatter.show(negotiation.place());
        }
        break;
      case State::Accepted:
        server.set_io_timeout(options.timeout);
        return result(PingStatus::Ok);
      case State::Classic:
        return result(PingStatus::Ok);
      default:
        if (!deadline) {
          deadline = std::chrono::steady_clock::now() + options.timeout;
        } else if (std::chrono::steady_clock::now() >= *deadline) {
          return result(PingStatus::Timeout);
        }
    }
  }
}

RunSettings settings_of(Agreement& agreement, const ClientOptions& options,
                        std::chrono::steady_clock::time_point begin) {
  const Accept& accept = *agreement.accept;
  const std::uint64_t seconds = agreement.limits.seconds;
  RunSettings settings;
  settings.sweep = accept.sweep;
  settings.deadline = begin + options.limits.time;
  if (seconds > 0 && seconds <= kLongestLimit) {
    settings.deadline = std::min(settings.deadline, begin + std::chrono::seconds(seconds));
  }
  settings.congestion_control = kCongestionControl;
  settings.scheduling = options.this_host.scheduling;
  settings.busy_poll = options.this_host.busy_poll;
  settings.is_anonymous = accept.is_anonymous;
  settings.has_peer_retransmits = accept.has_peer_retransmits;
  settings.longest_wait = options.timeout;
  settings.session = agreement.session ? &*agreement.session : nullptr;
  return settings;
}

RunIdentity identity_of(const Accept& accept, const TcpConnection& server) {
  RunIdentity identity{.run_id = accept.run_id,
                       .protocol = Protocol::Negotiated,
                       .concurrent_runs = accept.concurrent_runs,
                       .peer = accept.environment,
                       .started_utc = accept.started_utc,
                       .seen_by_server = {},
                       .seen_by_client = {}};
  if (!accept.is_anonymous) {
    identity.seen_by_server = {.server = accept.server_addr, .client = accept.client_addr};
    identity.seen_by_client = addresses_of(server, Role::Client);
  }
  return identity;
}

FreshConnection join_run(const Address& server, const std::string& token,
                         const ClientOptions& options, const Secret* secret) {
  TcpConnection connection = TcpConnection::connect(server, options.timeout, kCongestionControl);
  static_cast<void>(prepare_connection(connection, options));
  ClientNegotiation negotiation(Join{.token = token}, secret);
  std::array<std::byte, 4096> buffer{};
  const auto deadline = std::chrono::steady_clock::now() + options.timeout;
  while (negotiation.state() != State::Accepted) {
    auto [status, bytes] = connection.receive_some(buffer);
    if (status == PingStatus::Ok && std::chrono::steady_clock::now() >= deadline) {
      status = PingStatus::Timeout;
    }
    if (status != PingStatus::Ok) {
      throw WorldError(fmt::format("a fresh connection failed: {}", to_word(status)));
    }
    const std::string reply = negotiation.add(std::span(buffer).first(bytes));
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
