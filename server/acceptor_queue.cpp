// The part of the acceptor about requests for runs: refusals, the queue, positions in it.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "lib/sweep/path_speed.h"
#include "server/acceptor.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using Stage = Conversation::Stage;

}  // namespace

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

void Acceptor::update_queue(std::uint64_t running, std::optional<Time> end) {
  std::uint64_t ahead = running_ = running;
  for (const std::uint64_t id : queue_.turns(recent_use_)) {
    PendingClient& client = clients_.at(id);
    if (client.conversation->request() != nullptr && client.ahead != ahead) {
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

}  // namespace tcpstep
