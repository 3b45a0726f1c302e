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
using Stage = Conversation::Stage;

constexpr std::uint64_t kListenerKey = 0;
constexpr std::uint64_t kWebListenerKey = Acceptor::kFirstForeignKey - 1;
constexpr int kAcceptedAtOnce = 64;  // then those that are connected have their turn
constexpr Duration kTimeToAskIfRejected = 5s;
constexpr Duration kTimeToClose = 2s;           // for a refusal to arrive
constexpr Duration kTimeToLoad = 30s;           // of a page
constexpr Duration kRepeatPositionAfter = 10s;  // so that a queued client knows we are there
constexpr std::size_t kCrowd = 100;             // whose memory is worth releasing
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

// A client that will be rejected has less time to send its request.
Duration Acceptor::time_to_ask(const PendingClient& client) const {
  const Duration timeout = options_.run.sweep.timeout;
  return client.rejection ? std::min<Duration>(timeout, kTimeToAskIfRejected) : timeout;
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
  has_lost_first_client_ = has_lost_first_client_ || entry->second.is_first;
}

void Acceptor::remove(Clients::iterator entry) {
  has_lost_first_client_ = has_lost_first_client_ || entry->second.is_first;
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
    if (const std::string text = client.conversation->say(refusal);
        client.conversation->stage() == Stage::Waiting && !text.empty()) {
      static_cast<void>(client.connection.send_now(text));
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

void Acceptor::send_page(Clients::iterator entry, std::string page) {
  PendingClient& client = entry->second;
  queue_.remove(entry->first);
  client.unsent = std::move(page);
  client.deadline = Clock::now() + kTimeToLoad;
  poller_.watch_for_room(client.connection.fd(), entry->first, true);
  flush(entry);
}

void Acceptor::flush(Clients::iterator entry) {
  PendingClient& client = entry->second;
  const auto sent = client.connection.send_some_now(client.unsent);
  if (!sent) {
    remove(entry);
    return;
  }
  client.unsent.erase(0, *sent);
  if (client.unsent.empty()) {
    poller_.watch_for_room(client.connection.fd(), entry->first, false);
    close_after_refusal(entry);
  }
}

void Acceptor::handle_broken_protocol(Clients::iterator entry, std::string refusal) {
  PendingClient& client = entry->second;
  if (client.conversation->is_unauthenticated()) {
    metrics_.count_refusal("authentication");
  } else {
    metrics_.count_error();
  }
  const std::string fault = client.conversation->fault();
  log_.fault_of_client(
      "fault",
      fmt::format("{} {}: {}", client.is_web ? "web client" : "run with", client.peer, fault),
      {{"peer", client.peer}, {"reason", fault}});
  if (refusal.empty()) {
    remove(entry);
  } else if (client.connection.send_now(refusal)) {
    close_after_refusal(entry);
  } else {
    remove(entry);
  }
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

// Most are connections that a browser has opened just in case.
void Acceptor::say_too_late(Clients::iterator entry) {
  if (entry->second.connection.send_now(entry->second.conversation->say_too_late())) {
    close_after_refusal(entry);
  } else {
    remove(entry);
  }
}

std::optional<Acceptor::Time> Acceptor::next_deadline() const {
  std::optional<Time> earliest = door_.next_deadline();
  const auto consider = [&](Time time) { earliest = std::min(earliest.value_or(time), time); };
  if (const auto due = web_door_ ? web_door_->next_deadline() : std::nullopt) {
    consider(*due);
  }
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
  if (web_door_) {
    web_door_->reopen_if_due();
  }
  for (auto next = clients_.begin(); next != clients_.end();) {
    const auto entry = next++;
    const PendingClient& client = entry->second;
    if (!client.deadline || *client.deadline > now) {
      continue;
    }
    if (client.is_closing || !client.unsent.empty()) {
      remove(entry);
    } else if (client.is_web) {
      say_too_late(entry);
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

}  // namespace tcpstep
