// How clients leave the acceptor: too late, with a page, after a refusal, broken off.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "lib/base/process.h"
#include "lib/base/text.h"
#include "server/acceptor.h"
#include "server/http.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using Stage = Conversation::Stage;

constexpr Duration kTimeToClose = 2s;           // for a refusal to arrive
constexpr Duration kTimeToLoad = 30s;           // of a page
constexpr Duration kRepeatPositionAfter = 10s;  // so that a queued client knows we are there
constexpr std::size_t kCrowd = 100;             // whose memory is worth releasing
constexpr std::size_t kMostUnsent = std::size_t{64} << 20U;  // of all pages together

}  // namespace

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

void Acceptor::refuse_next(const Rejection& rejection) {
  refuse(clients_.find(queue_.turns(recent_use_).front()), rejection);
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

void Acceptor::drop(Clients::iterator entry, const std::string& reason) {
  metrics_.count_error();
  log_.fault_of_client("fault", fmt::format("run with {}: {}", entry->second.peer, reason),
                       {{"peer", entry->second.peer}, {"reason", reason}});
  remove(entry);
}

// Most are connections that a browser has opened just in case.
void Acceptor::say_too_late(Clients::iterator entry) {
  if (entry->second.connection.send_now(entry->second.conversation->say_too_late())) {
    close_after_refusal(entry);
  } else {
    remove(entry);
  }
}

void Acceptor::send_page(Clients::iterator entry, std::string page) {
  PendingClient& client = entry->second;
  queue_.remove(entry->first);
  if (unsent() + page.size() > kMostUnsent) {
    page = http_response(HttpError{503, "Too many pages are being loaded. Try again later."});
  }
  client.unsent = std::move(page);
  client.deadline = Clock::now() + kTimeToLoad;
  poller_.await_room(client.connection.fd(), entry->first);
  flush(entry);
}

std::size_t Acceptor::unsent() const {
  std::size_t bytes = 0;
  for (const auto& [id, client] : clients_) {
    bytes += client.unsent.size();
  }
  return bytes;
}

void Acceptor::flush(Clients::iterator entry) {
  PendingClient& client = entry->second;
  const std::string_view left = std::string_view(client.unsent).substr(client.sent);
  const auto sent = client.connection.send_some_now(left);
  if (!sent) {
    remove(entry);
    return;
  }
  client.sent += *sent;
  if (client.sent == client.unsent.size()) {
    client.unsent = {};
    poller_.await_data(client.connection.fd(), entry->first);
    close_after_refusal(entry);
  }
}

// Where all connections are taken, the networks with the most of them give up their latest ones, as
// long as they keep more than `network` would then have. Those in the queue do not count: it has
// a rule of its own.
void Acceptor::make_room_for(const std::string& network) {
  struct Share {
    std::size_t connections = 0;
    std::uint64_t latest = 0;
  };
  while (clients_.size() >= options_.limits.connections) {
    std::map<std::string_view, Share> shares;
    for (const auto& [id, client] : clients_) {
      if (client.deadline) {
        Share& share = shares[client.network];
        ++share.connections;
        share.latest = id;
      }
    }
    const auto most = std::ranges::max_element(
        shares, {}, [](const auto& entry) { return entry.second.connections; });
    if (most == shares.end() || most->second.connections <= connections_of(network) + 1) {
      return;
    }
    displace(clients_.find(most->second.latest));
  }
}

void Acceptor::displace(Clients::iterator entry) {
  PendingClient& client = entry->second;
  if (!client.is_closing) {
    const Rejection rejection = connections_are_taken(options_.limits);
    log_refusal(client.peer, rejection);
    static_cast<void>(client.connection.send_now(client.conversation->say(rejection.refusal)));
  }
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

}  // namespace tcpstep
