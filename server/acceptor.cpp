#include "server/acceptor.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "lib/base/process.h"
#include "lib/base/text.h"
#include "lib/sweep/path_speed.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using State = ServerNegotiation::State;

constexpr std::uint64_t kListenerKey = 0;
constexpr int kAcceptedAtOnce = 64;  // then those that are connected have their turn
constexpr Duration kTimeToAskIfRejected = 5s;
constexpr Duration kTimeToClose = 2s;           // for a refusal to arrive
constexpr Duration kRepeatPositionAfter = 10s;  // so that a queued client knows we are there
constexpr std::size_t kCrowd = 100;             // whose memory is worth releasing
constexpr std::size_t kReadAtOnce = std::size_t{16} * 1024;

}  // namespace

Acceptor::Acceptor(Listener listener, Poller& poller, const ServerOptions& options,
                   const Secret* secret, Log& log, Metrics& metrics, HandOver hand_over)
    : door_(std::move(listener), poller, kListenerKey, log),
      poller_(poller),
      options_(options),
      secret_(secret),
      log_(log),
      metrics_(metrics),
      hand_over_(std::move(hand_over)),
      recent_use_(options.limits.runs_per_address) {}

void Acceptor::handle(std::uint64_t key) {
  if (key == kListenerKey) {
    accept_clients();
  } else if (const auto client = clients_.find(key); client != clients_.end()) {
    receive(client);
  }
}

void Acceptor::accept_clients() {
  for (int i = 0; i < kAcceptedAtOnce; ++i) {
    auto client = door_.accept();
    if (!client) {
      return;
    }
    add(std::move(*client));
  }
}

std::uint64_t Acceptor::connections_of(const std::string& network) const {
  const auto entry = connections_of_.find(network);
  return entry == connections_of_.end() ? 0 : entry->second;
}

// A client that will be rejected has less time to send its request.
Duration Acceptor::time_to_ask(const PendingClient& client) const {
  const Duration timeout = options_.run.sweep.timeout;
  return client.rejection ? std::min<Duration>(timeout, kTimeToAskIfRejected) : timeout;
}

void Acceptor::add(TcpConnection connection) {
  metrics_.count_connection();
  const std::string peer = connection.peer().text();
  const std::string network = network_of(connection.peer());
  std::optional<Rejection> rejection = rejection_of_connection(
      connection.peer(), clients_.size(), connections_of(network), options_.limits);
  if (rejection && !rejection->is_sent) {
    log_refusal(peer, *rejection);
    return;
  }
  const std::uint64_t id = next_id_++;
  PendingClient& client = clients_
                              .emplace(id, PendingClient{.connection = std::move(connection),
                                                         .negotiation = ServerNegotiation(
                                                             hello_of(options_.limits), secret_),
                                                         .peer = peer,
                                                         .network = network,
                                                         .rejection = std::move(rejection),
                                                         .settings = options_.run})
                              .first->second;
  ++connections_of_[network];
  most_clients_ = std::max(most_clients_, clients_.size());
  poller_.add(client.connection.fd(), id);
  std::array<std::byte, 16> early{};
  if (const auto received = client.connection.receive_now(early);
      received && received->status == PingStatus::Ok) {
    drop(clients_.find(id), "unexpected data from the client");
    return;
  }
  client.opened = Clock::now();
  client.deadline = client.opened + time_to_ask(client);
  static_cast<void>(client.connection.send_now(ServerNegotiation::opening()));
}

void Acceptor::drop(Clients::iterator entry, const std::string& reason) {
  metrics_.count_error();
  log_.fault_of_client("fault", fmt::format("run with {}: {}", entry->second.peer, reason),
                       {{"peer", entry->second.peer}, {"reason", reason}});
  remove(entry);
}

void Acceptor::close_after_refusal(Clients::iterator entry) {
  queue_.remove(entry->first);
  entry->second.is_closing = true;
  entry->second.deadline = Clock::now() + kTimeToClose;
  entry->second.connection.end_sending();
  has_lost_first_client_ = has_lost_first_client_ || entry->first == 1;
}

void Acceptor::remove(Clients::iterator entry) {
  has_lost_first_client_ = has_lost_first_client_ || entry->first == 1;
  poller_.remove(entry->second.connection.fd());
  forget(entry);
  if (clients_.empty() && std::exchange(most_clients_, 0) >= kCrowd) {
    release_free_memory();  // the allocator would keep it for the next crowd
  }
}

void Acceptor::forget(Clients::iterator entry) {
  queue_.remove(entry->first);
  const auto count = connections_of_.find(entry->second.network);
  if (--count->second == 0) {
    connections_of_.erase(count);
  }
  clients_.erase(entry);
}

void Acceptor::close_all(const Refuse& refusal) {
  for (auto& [id, client] : clients_) {
    if (client.negotiation.state() == State::Requested) {
      static_cast<void>(client.connection.send_now(frame_of(refusal)));
    }
  }
  release_all();
}

void Acceptor::release_all() {
  clients_.clear();
  connections_of_.clear();
  queue_.clear();
}

void Acceptor::receive(Clients::iterator entry) {
  std::array<std::byte, kReadAtOnce> buffer;  // not set to zero: the kernel writes what counts
  const auto received = entry->second.connection.receive_now(buffer);
  if (!received) {
    return;
  }
  if (entry->second.is_closing) {
    if (received->status != PingStatus::Ok) {
      remove(entry);
    }
    return;  // data after a refusal is ignored; its time is limited
  }
  if (received->status == PingStatus::Ok) {
    process(entry, std::span(buffer).first(received->bytes));
  } else {
    drop(entry, received->status == PingStatus::Closed
                    ? "the client closed the connection before its ack"
                : received->status == PingStatus::Reset ? "the connection was reset"
                                                        : "the connection failed");
  }
}

void Acceptor::process(Clients::iterator entry, std::span<const std::byte> bytes) {
  PendingClient& client = entry->second;
  const State before = client.negotiation.state();
  const std::string reply = client.negotiation.add(bytes);
  const State state = client.negotiation.state();
  if (before == State::AwaitingAck && state != State::Failed) {
    const auto now = Clock::now();
    client.opening.rtt = now - client.opened;
    client.deadline = now + time_to_ask(client);  // of the whole request, however it comes
  }
  if (!reply.empty() && !client.connection.send_now(reply)) {
    drop(entry, "the client does not read");
    return;
  }
  switch (state) {
    case State::Classic:
    case State::Requested:
      enqueue(entry);
      return;
    case State::Joined:
      join(entry);
      return;
    case State::Failed:
      handle_broken_protocol(entry, !reply.empty());
      return;
    default:
      return;
  }
}

void Acceptor::handle_broken_protocol(Clients::iterator entry, bool is_refusal_sent) {
  const PendingClient& client = entry->second;
  if (client.negotiation.is_unauthenticated()) {
    metrics_.count_refusal("authentication");
  } else {
    metrics_.count_error();
  }
  const std::string fault = client.negotiation.fault();
  log_.fault_of_client("fault", fmt::format("run with {}: {}", client.peer, fault),
                       {{"peer", client.peer}, {"reason", fault}});
  if (is_refusal_sent) {
    close_after_refusal(entry);
  } else {
    remove(entry);
  }
}

void Acceptor::join(Clients::iterator entry) {
  PendingClient& client = entry->second;
  poller_.remove(client.connection.fd());
  if (hand_over_(client.negotiation.token(), client.connection)) {
    forget(entry);
    return;
  }
  poller_.add(client.connection.fd(), entry->first);
  refuse(entry, unknown_run());
}

void Acceptor::enqueue(Clients::iterator entry) {
  PendingClient& client = entry->second;
  if (const auto rejection = rejection_of(client)) {
    refuse(entry, *rejection);
    return;
  }
  client.deadline.reset();
  client.duration = expected_duration(client.settings.sweep, speed_of(client.connection));
  if (client.duration) {
    client.duration = std::min(*client.duration, options_.limits.time);
  }
  queue_.add(entry->first, client.network);
}

// Takes over the settings that the client requests, unless they are beyond the limits.
std::optional<Rejection> Acceptor::rejection_of(PendingClient& client) {
  const ServerLimits& limits = options_.limits;
  if (client.rejection) {
    return client.rejection;
  }
  if (client.negotiation.state() == State::Requested) {
    const PartialSweep& requested = client.negotiation.request().sweep;
    client.settings.sweep = requested.over(options_.negotiated_sweep());
    if (requested.chosen.contains("link")) {
      if (const auto refusal = refusal_of_link(client.settings.sweep.link, limits)) {
        return Rejection{.kind = "link", .refusal = *refusal};
      }
    }
    if (requested.chosen.contains("time_ns") && !requested.chosen.contains("rounds")) {
      fit_rounds(client.settings.sweep, limits, client.connection.path_info().mss);
    }
    if (requested.lengthens_run()) {  // the server's own settings may be beyond its limits
      const auto refusal =
          refusal_of(client.settings.sweep, limits, client.connection.path_info().mss);
      if (refusal) {
        return Rejection{.kind = "run", .refusal = *refusal};
      }
    }
  }
  if (recent_use_.count(client.network, Clock::now()) + queue_.places_of(client.network) >=
      limits.runs_per_address) {
    return too_many_runs(limits);
  }
  if (recent_use_.has_many_failures(client.network, Clock::now())) {
    return too_many_failures();
  }
  if (queue_.size() + running_ >= limits.queue + limits.concurrent_runs) {
    const auto displaced = queue_.to_displace_for(client.network);
    if (!displaced) {
      return queue_is_full(limits);
    }
    refuse(clients_.find(*displaced), queue_is_full(limits));
  }
  return std::nullopt;
}

void Acceptor::log_refusal(const std::string& peer, const Rejection& rejection) {
  metrics_.count_refusal(rejection.kind);
  log_.fault_of_client("refused",
                       fmt::format("run with {}: refused, {}", peer, rejection.refusal.reason),
                       {{"peer", peer}, {"reason", rejection.kind}});
}

// The classic protocol has no message for it.
void Acceptor::refuse(Clients::iterator entry, const Rejection& rejection) {
  PendingClient& client = entry->second;
  log_refusal(client.peer, rejection);
  recent_use_.add_refusal(client.network, Clock::now());
  const State state = client.negotiation.state();
  const bool has_frames = state != State::Classic && state != State::AwaitingAck;
  if (has_frames && client.connection.send_now(frame_of(rejection.refusal))) {
    close_after_refusal(entry);
  } else {
    remove(entry);
  }
}

std::optional<Acceptor::Time> Acceptor::next_deadline() const {
  std::optional<Time> earliest = door_.next_deadline();
  const auto consider = [&](Time time) { earliest = std::min(earliest.value_or(time), time); };
  for (const auto& [id, client] : clients_) {
    if (client.deadline) {
      consider(*client.deadline);
    } else if (client.ahead) {
      consider(client.told_at + kRepeatPositionAfter);
    }
  }
  return earliest;
}

void Acceptor::handle_deadlines() {
  const auto now = Clock::now();
  door_.reopen_if_due();
  for (auto next = clients_.begin(); next != clients_.end();) {
    const auto entry = next++;
    const PendingClient& client = entry->second;
    if (!client.deadline || *client.deadline > now) {
      continue;
    }
    if (client.is_closing) {
      remove(entry);
    } else {
      drop(entry, fmt::format("the client did not respond within {}",
                              format_duration(time_to_ask(client))));
    }
  }
  for (auto& [id, client] : clients_) {
    if (!client.deadline && client.ahead && now - client.told_at >= kRepeatPositionAfter) {
      send_position(client, *client.ahead, client.turn);
    }
  }
}

// A client that does not read it is noticed when its turn comes.
void Acceptor::send_position(PendingClient& client, std::uint64_t ahead, std::optional<Time> turn) {
  client.ahead = ahead;
  client.turn = turn;
  client.told_at = Clock::now();
  Queued place{.ahead = ahead};
  if (turn) {
    const auto left = std::max<Duration>(*turn - client.told_at, Duration::zero());
    place.seconds =
        static_cast<std::uint64_t>(std::chrono::ceil<std::chrono::seconds>(left).count());
  }
  static_cast<void>(client.connection.send_now(frame_of(place)));
}

void Acceptor::update_queue(std::uint64_t running, std::optional<Time> end) {
  std::uint64_t ahead = running_ = running;
  for (const std::uint64_t id : queue_.turns(recent_use_)) {
    PendingClient& client = clients_.at(id);
    if (client.negotiation.state() == State::Requested && client.ahead != ahead) {
      send_position(client, ahead, end);
    }
    ++ahead;
    end = end && client.duration
              ? std::optional(*end + *client.duration /
                                         static_cast<std::int64_t>(options_.limits.concurrent_runs))
              : std::nullopt;
  }
}

void Acceptor::refuse_next(const Rejection& rejection) {
  refuse(clients_.find(queue_.turns(recent_use_).front()), rejection);
}

QueuedRun Acceptor::take_next() {
  const auto entry = clients_.find(queue_.turns(recent_use_).front());
  auto& client = entry->second;
  recent_use_.add_run(client.network, Clock::now());
  poller_.remove(client.connection.fd());
  QueuedRun next{.id = entry->first,
                 .connection = std::move(client.connection),
                 .network = client.network,
                 .opening = client.opening,
                 .request = client.negotiation.state() == State::Requested
                                ? std::optional(client.negotiation.request())
                                : std::nullopt,
                 .session = client.negotiation.session(),
                 .settings = client.settings};
  forget(entry);
  return next;
}

}  // namespace tcpstep
