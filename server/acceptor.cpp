#include "server/acceptor.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "lib/sweep/path_speed.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using Stage = Conversation::Stage;

constexpr std::uint64_t kListenerKey = 0;
constexpr std::uint64_t kWebListenerKey = Acceptor::kFirstForeignKey - 1;
constexpr int kAcceptedAtOnce = 64;  // then those that are connected have their turn
constexpr Duration kTimeToAskIfRejected = 5s;
constexpr std::size_t kReadAtOnce = std::size_t{16} * 1024;

}  // namespace

Acceptor::Acceptor(Listener listener, Poller& poller, const ServerOptions& options,
                   const Secret* secret, Log& log, Metrics& metrics, HandOver hand_over,
                   std::optional<WebEntrance> web)
    : door_(std::move(listener), poller, kListenerKey, log),
      web_(std::move(web)),
      poller_(poller),
      options_(options),
      secret_(secret),
      log_(log),
      metrics_(metrics),
      hand_over_(std::move(hand_over)),
      recent_use_(options.limits.runs_per_address) {
  if (web_) {
    web_door_.emplace(std::move(web_->listener), poller, kWebListenerKey, log);
  }
}

void Acceptor::handle(std::uint64_t key) {
  if (key == kListenerKey) {
    accept_clients(door_, false);
  } else if (key == kWebListenerKey) {
    accept_clients(*web_door_, true);
  } else if (const auto client = clients_.find(key); client != clients_.end()) {
    receive(client);
  }
}

void Acceptor::accept_clients(Door& door, bool is_web) {
  for (int i = 0; i < kAcceptedAtOnce; ++i) {
    auto client = door.accept();
    if (!client) {
      return;
    }
    add(std::move(*client), is_web);
  }
}

std::uint64_t Acceptor::connections_of(const std::string& network) const {
  const auto entry = connections_of_.find(network);
  return entry == connections_of_.end() ? 0 : entry->second;
}

std::unique_ptr<Conversation> Acceptor::conversation(bool is_web) const {
  if (is_web) {
    return std::make_unique<WebConversation>(web_->site, web_->offer);
  }
  return std::make_unique<NativeConversation>(options_.limits, secret_);
}

void Acceptor::add(TcpConnection connection, bool is_web) {
  metrics_.count_connection();
  const std::string peer = connection.peer().text();
  const std::string network = network_of(connection.peer());
  if (is_allowed(connection.peer(), options_.limits)) {
    make_room_for(network);
  }
  std::optional<Rejection> rejection = rejection_of_connection(
      connection.peer(), clients_.size(), connections_of(network), options_.limits);
  if (rejection && !rejection->is_sent) {
    log_refusal(peer, *rejection);
    return;
  }
  const std::uint64_t id = next_id_++;
  const bool is_first = !is_web && !std::exchange(had_first_client_, true);
  PendingClient& client = clients_
                              .emplace(id, PendingClient{.connection = std::move(connection),
                                                         .conversation = conversation(is_web),
                                                         .peer = peer,
                                                         .network = network,
                                                         .rejection = std::move(rejection),
                                                         .settings = options_.run,
                                                         .is_first = is_first,
                                                         .is_web = is_web})
                              .first->second;
  ++connections_of_[network];
  most_clients_ = std::max(most_clients_, clients_.size());
  poller_.add(client.connection.fd(), id);
  const std::string opening = client.conversation->opening();
  std::array<std::byte, 16> early{};
  if (const auto received = opening.empty() ? std::nullopt : client.connection.receive_now(early);
      received && received->status == PingStatus::Ok) {
    drop(clients_.find(id), "unexpected data from the client");
    return;
  }
  client.opened = Clock::now();
  client.deadline = client.opened + time_to_ask(client);
  if (!opening.empty()) {
    static_cast<void>(client.connection.send_now(opening));
  }
}

// A client that will be rejected has less time to send its request.
Duration Acceptor::time_to_ask(const PendingClient& client) const {
  const Duration timeout = options_.run.sweep.timeout;
  return client.rejection ? std::min<Duration>(timeout, kTimeToAskIfRejected) : timeout;
}

void Acceptor::receive(Clients::iterator entry) {
  if (!entry->second.unsent.empty()) {
    flush(entry);
    return;  // what it sends meanwhile is read when it has all of the page
  }
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
  } else if (entry->second.is_web && entry->second.conversation->stage() != Stage::Waiting) {
    remove(entry);  // browsers open connections that they may not need, and leave when they like
  } else {
    drop(entry, received->status == PingStatus::Closed
                    ? "the client closed the connection before its ack"
                : received->status == PingStatus::Reset ? "the connection was reset"
                                                        : "the connection failed");
  }
}

void Acceptor::process(Clients::iterator entry, std::span<const std::byte> bytes) {
  PendingClient& client = entry->second;
  if (client.is_web && client.rejection) {
    refuse(entry, *client.rejection);
    return;
  }
  const Stage before = client.conversation->stage();
  const PathSpeed path = client.is_web ? speed_of(client.connection) : PathSpeed{};
  std::string reply = client.conversation->add(bytes, path);
  const Stage stage = client.conversation->stage();
  if (before == Stage::Opening && stage != before && stage != Stage::Failed) {
    const auto now = Clock::now();
    if (!client.is_web) {
      client.opening.rtt = now - client.opened;
    }
    client.deadline = now + time_to_ask(client);  // of the whole request, however it comes
  }
  if (stage == Stage::Failed) {
    handle_broken_protocol(entry, std::move(reply));
    return;
  }
  if (stage == Stage::Served) {
    send_page(entry, std::move(reply));
    return;
  }
  if (!reply.empty() && !client.connection.send_now(reply)) {
    drop(entry, "the client does not read");
    return;
  }
  if (stage == Stage::Waiting && before != Stage::Waiting) {
    enqueue(entry);
  } else if (stage == Stage::Joining) {
    join(entry);
  }
}

void Acceptor::enqueue(Clients::iterator entry) {
  PendingClient& client = entry->second;
  if (const auto rejection = rejection_of(client)) {
    refuse(entry, *rejection);
    return;
  }
  client.deadline.reset();
  if (client.is_web) {
    client.is_first = !std::exchange(had_first_client_, true);
  }
  client.duration = expected_duration(client.settings.sweep, speed_of(client.connection));
  if (client.duration) {
    client.duration = std::min(*client.duration, options_.limits.time);
  }
  client.longest_turn =
      turn_of(client.settings.sweep, options_.run.sweep, speed_of(client.connection));
  queue_.add(entry->first, client.network);
}

// Takes over the settings that the client requests, unless they are beyond the limits.
std::optional<Rejection> Acceptor::rejection_of(PendingClient& client) {
  const ServerLimits& limits = options_.limits;
  if (client.rejection) {
    return client.rejection;
  }
  if (const Request* request = client.conversation->request()) {
    const PartialSweep& requested = request->sweep;
    client.settings.sweep =
        requested.over(client.is_web ? web_->offer.sweep : options_.negotiated_sweep());
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

void Acceptor::refuse(Clients::iterator entry, const Rejection& rejection) {
  PendingClient& client = entry->second;
  log_refusal(client.peer, rejection);
  recent_use_.add_refusal(client.network, Clock::now());
  const std::string text = client.conversation->say(rejection.refusal);
  if (!text.empty() && client.connection.send_now(text)) {
    close_after_refusal(entry);
  } else {
    remove(entry);
  }
}

void Acceptor::update_queue(std::uint64_t running, std::optional<Time> end) {
  std::uint64_t ahead = running_ = running;
  for (const std::uint64_t id : queue_.turns(recent_use_)) {
    PendingClient& client = clients_.at(id);
    if (client.conversation->request() != nullptr && client.ahead != ahead) {
      send_position(client, ahead, end);
    }
    ++ahead;
    std::optional<Duration> duration = client.duration;
    if (do_others_wait(client.network)) {
      duration = std::min(duration.value_or(client.longest_turn), client.longest_turn);
    }
    end = end && duration
              ? std::optional(*end + *duration /
                                         static_cast<std::int64_t>(options_.limits.concurrent_runs))
              : std::nullopt;
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
  if (const std::string text = client.conversation->say(place); !text.empty()) {
    static_cast<void>(client.connection.send_now(text));
  }
}

QueuedRun Acceptor::take_next() {
  const auto entry = clients_.find(queue_.turns(recent_use_).front());
  auto& client = entry->second;
  recent_use_.add_run(client.network, Clock::now());
  poller_.remove(client.connection.fd());
  const Request* request = client.conversation->request();
  const Protocol protocol = client.conversation->protocol();
  QueuedRun next{.is_first = client.is_first,
                 .connection = std::move(client.connection),
                 .network = client.network,
                 .protocol = protocol,
                 .opening = client.is_web ? std::nullopt : std::optional(client.opening),
                 .request = request != nullptr ? std::optional(*request) : std::nullopt,
                 .session = client.conversation->session(),
                 .browser = client.conversation->browser(),
                 .settings = client.settings};
  forget(entry);
  return next;
}

void Acceptor::join(Clients::iterator entry) {
  PendingClient& client = entry->second;
  poller_.remove(client.connection.fd());
  if (hand_over_(client.conversation->token(), client.connection)) {
    forget(entry);
    return;
  }
  poller_.add(client.connection.fd(), entry->first);
  refuse(entry, unknown_run());
}

}  // namespace tcpstep
