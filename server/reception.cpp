#include "server/reception.h"

#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/text.h"
#include "lib/base/version.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using State = ServerNegotiation::State;

constexpr std::uint64_t kListenerKey = 0;
constexpr int kAcceptedAtOnce = 64;  // then those who are connected have their turn
constexpr Duration kPauseWithoutFds = 100ms;
constexpr Duration kPatienceWithDoomed = 5s;
constexpr std::uint64_t kToldBeyondLimit = 32;  // clients; below the server's spare descriptors
constexpr Duration kFarewell = 2s;              // for a refusal to arrive
constexpr Duration kRetellAfter = 10s;          // so that a client that waits knows we are there
constexpr std::size_t kCrowd = 100;             // whose memory is worth giving back
constexpr std::size_t kReadAtOnce = std::size_t{16} * 1024;

}  // namespace

Reception::Reception(Listener listener, Poller& poller, const ServerOptions& options,
                     const Secret* secret, Log& log, Metrics& metrics, HandOver hand_over)
    : listener_(std::move(listener)),
      poller_(poller),
      options_(options),
      secret_(secret),
      log_(log),
      metrics_(metrics),
      hand_over_(std::move(hand_over)) {
  for (const Fd& fd : listener_.fds()) {
    poller_.add(fd, kListenerKey);
  }
}

void Reception::handle(std::uint64_t key) {
  if (key == kListenerKey) {
    accept_all();
  } else if (const auto visitor = visitors_.find(key); visitor != visitors_.end()) {
    receive(visitor);
  }
}

void Reception::accept_all() {
  for (int i = 0; i < kAcceptedAtOnce && !accept_again_; ++i) {
    Listener::Accepted accepted = listener_.accept_now();
    if (accepted.client) {
      welcome(std::move(*accepted.client));
    } else if (accepted.is_exhausted) {
      // The clients wait in the kernel's queue; asking at once again would be a busy loop.
      const auto now = Clock::now();
      if (!exhaustion_said_ || now - *exhaustion_said_ > 1min) {
        exhaustion_said_ = now;
        log_.fault("exhausted", "no descriptor is left for another client: it has to wait");
      }
      for (const Fd& fd : listener_.fds()) {
        poller_.remove(fd);
      }
      accept_again_ = now + kPauseWithoutFds;
    } else {
      return;
    }
  }
}

std::uint64_t Reception::connections_of(const std::string& network) const {
  return static_cast<std::uint64_t>(std::ranges::count_if(
      visitors_, [&](const auto& entry) { return entry.second.network == network; }));
}

// Some beyond each limit stay until they were told, no more: a crowd is sent away unheard.
std::optional<Reception::Doom> Reception::doom_of(const Address& peer,
                                                  const std::string& network) const {
  const ServerLimits& limits = options_.limits;
  const bool is_full = visitors_.size() >= limits.connections;
  const bool is_overfull = visitors_.size() >= limits.connections + kToldBeyondLimit;
  if (!limits.allowed.empty() &&
      std::ranges::none_of(limits.allowed,
                           [&](const AddressRange& range) { return range.contains(peer); })) {
    return Doom{.kind = "address",
                .words = {.reason = "its address is not among those of --allow",
                          .hint = "The server's owner decides who may measure."},
                .is_worth_telling = !is_full && connections_of(network) < kToldBeyondLimit};
  }
  if (is_full) {
    return Doom{.kind = "connections",
                .words = {.reason = fmt::format("the limit of {} is reached",
                                                count_of(limits.connections, "connection")),
                          .hint = "Try again when fewer are open."},
                .is_worth_telling = !is_overfull};
  }
  const std::uint64_t others = connections_of(network);
  if (others >= limits.connections_per_address) {
    return Doom{
        .kind = "connections_per_address",
        .words = {.reason = fmt::format("the limit of {} of one address is reached",
                                        count_of(limits.connections_per_address, "connection")),
                  .hint = "Try again when fewer are open."},
        .is_worth_telling = others < 2 * limits.connections_per_address};
  }
  return std::nullopt;
}

// Who will be refused anyway has less time to say what it wants.
Duration Reception::patience_with(const Visitor& visitor) const {
  return visitor.doom ? std::min<Duration>(options_.run.sweep.timeout, kPatienceWithDoomed)
                      : options_.run.sweep.timeout;
}

void Reception::say_refused(const std::string& peer, const std::string& kind, const Refuse& words) {
  metrics_.count_refusal(kind);
  log_.fault_of_stranger("refused", fmt::format("run with {}: refused, {}", peer, words.reason),
                         {{"peer", peer}, {"reason", kind}});
}

void Reception::welcome(TcpConnection connection) {
  metrics_.count_connection();
  const std::string peer = connection.peer().text();
  const std::string network = network_of(connection.peer());
  const ServerLimits& limits = options_.limits;
  std::optional<Doom> doom = doom_of(connection.peer(), network);
  if (doom && !doom->is_worth_telling) {
    say_refused(peer, doom->kind, doom->words);
    return;
  }
  const Hello hello{
      .tool = std::string(version()),
      .nonce = random_hex(32),
      .limits = {.bytes = limits.bytes,
                 .pings = limits.pings,
                 .seconds = static_cast<std::uint64_t>(
                     std::chrono::duration_cast<std::chrono::seconds>(limits.time).count())}};
  const std::uint64_t id = next_id_++;
  Visitor& visitor = visitors_
                         .emplace(id, Visitor{.connection = std::move(connection),
                                              .negotiation = ServerNegotiation(hello, secret_),
                                              .peer = peer,
                                              .network = network,
                                              .opened = {},
                                              .deadline = {},
                                              .opening = {},
                                              .doom = std::move(doom),
                                              .settings = options_.run,
                                              .told_ahead = {}})
                         .first->second;
  most_visitors_ = std::max(most_visitors_, visitors_.size());
  poller_.add(visitor.connection.fd(), id);
  std::array<std::byte, 16> early{};
  if (const auto received = visitor.connection.receive_now(early);
      received && received->status == PingStatus::Ok) {
    fail(visitors_.find(id), "unexpected data from the client");
    return;
  }
  visitor.opened = Clock::now();
  visitor.deadline = visitor.opened + patience_with(visitor);
  static_cast<void>(visitor.connection.send_now(ServerNegotiation::opening()));
}

void Reception::receive(Visitors::iterator entry) {
  std::array<std::byte, kReadAtOnce> buffer;  // not set to zero: the kernel writes what counts
  const auto received = entry->second.connection.receive_now(buffer);
  if (!received) {
    return;
  }
  if (entry->second.is_leaving) {
    if (received->status != PingStatus::Ok) {
      erase(entry);
    }
    return;  // what it still says is nobody's business; its time is limited
  }
  switch (received->status) {
    case PingStatus::Ok:
      answer(entry, std::span(buffer).first(received->bytes));
      return;
    case PingStatus::Closed:
      fail(entry, "the client closed the connection before it had answered");
      return;
    case PingStatus::Reset:
      fail(entry, "the connection was reset");
      return;
    default:
      fail(entry, "the connection failed");
  }
}

void Reception::answer(Visitors::iterator entry, std::span<const std::byte> bytes) {
  Visitor& visitor = entry->second;
  const State before = visitor.negotiation.state();
  const std::string reply = visitor.negotiation.add(bytes);
  const State state = visitor.negotiation.state();
  if (before == State::AwaitingAck && state != State::Failed) {
    const auto now = Clock::now();
    visitor.opening.rtt = now - visitor.opened;
    visitor.deadline = now + patience_with(visitor);  // of the whole request, however it comes
  }
  if (!reply.empty() && !visitor.connection.send_now(reply)) {
    fail(entry, "the client does not read");
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
    case State::Failed: {
      const std::string fault = visitor.negotiation.fault();
      if (visitor.negotiation.is_unauthenticated()) {
        metrics_.count_refusal("authentication");
      } else {
        metrics_.count_error();
      }
      log_.fault_of_stranger("fault", fmt::format("run with {}: {}", visitor.peer, fault),
                             {{"peer", visitor.peer}, {"reason", fault}});
      if (reply.empty()) {
        std::erase(queue_, entry->first);
        erase(entry);
      } else {
        leave(entry);
      }
      return;
    }
    default:
      return;
  }
}

void Reception::join(Visitors::iterator entry) {
  Visitor& visitor = entry->second;
  poller_.remove(visitor.connection.fd());
  const bool is_taken = hand_over_(visitor.negotiation.token(), visitor.connection);
  poller_.add(visitor.connection.fd(), entry->first);
  if (is_taken) {
    poller_.remove(visitor.connection.fd());
    visitors_.erase(entry);
  } else {
    refuse(entry, "token", {.reason = "there is no such run", .hint = "It may have ended."});
  }
}

void Reception::enqueue(Visitors::iterator entry) {
  Visitor& visitor = entry->second;
  const ServerLimits& limits = options_.limits;
  if (visitor.doom) {
    refuse(entry, visitor.doom->kind, visitor.doom->words);
    return;
  }
  if (visitor.negotiation.state() == State::Requested) {
    const PartialSweep& requested = visitor.negotiation.request().sweep;
    visitor.settings.sweep = requested.over(options_.run.sweep);
    // The server's own settings may be beyond its limits.
    const auto refusal = requested.lengthens_run() ? refusal_of(visitor.settings.sweep, limits,
                                                                visitor.connection.path_info().mss)
                                                   : std::nullopt;
    if (refusal) {
      refuse(entry, "run", *refusal);
      return;
    }
  }
  if (queue_.size() >= limits.queue && running_ >= limits.concurrent_runs) {
    refuse(entry, "queue",
           {.reason = fmt::format("the limit of {} in the queue is reached",
                                  count_of(limits.queue, "client")),
            .hint = "Try again later."});
    return;
  }
  if (!is_run_permitted(visitor.network)) {
    refuse(entry, "runs_per_address",
           {.reason = fmt::format("the limit of {} of one address in an hour is reached",
                                  count_of(limits.runs_per_address, "run")),
            .hint = "Try again later."});
    return;
  }
  visitor.deadline.reset();
  queue_.push_back(entry->first);
}

bool Reception::is_run_permitted(const std::string& network) {
  const auto now = Clock::now();
  for (auto entry = runs_of_.begin(); entry != runs_of_.end();) {
    std::erase_if(entry->second, [&](const Time& time) { return now - time > 1h; });
    entry = entry->second.empty() ? runs_of_.erase(entry) : std::next(entry);
  }
  auto& times = runs_of_[network];
  if (times.size() >= options_.limits.runs_per_address) {
    return false;
  }
  times.push_back(now);
  return true;
}

void Reception::refuse(Visitors::iterator entry, const std::string& kind, const Refuse& words) {
  Visitor& visitor = entry->second;
  say_refused(visitor.peer, kind, words);
  const State state = visitor.negotiation.state();
  const bool has_frames = state != State::Classic && state != State::AwaitingAck;
  if (has_frames && visitor.connection.send_now(frame_of(words))) {
    leave(entry);
  } else {
    erase(entry);
  }
}

void Reception::fail(Visitors::iterator entry, const std::string& words) {
  metrics_.count_error();
  log_.fault_of_stranger("fault", fmt::format("run with {}: {}", entry->second.peer, words),
                         {{"peer", entry->second.peer}, {"reason", words}});
  std::erase(queue_, entry->first);
  erase(entry);
}

void Reception::leave(Visitors::iterator entry) {
  std::erase(queue_, entry->first);
  entry->second.is_leaving = true;
  entry->second.deadline = Clock::now() + kFarewell;
  entry->second.connection.end_sending();
  has_lost_first_ = has_lost_first_ || entry->first == 1;
}

void Reception::erase(Visitors::iterator entry) {
  has_lost_first_ = has_lost_first_ || entry->first == 1;
  poller_.remove(entry->second.connection.fd());
  visitors_.erase(entry);
  give_memory_back();
}

// The allocator would keep it for the next crowd, which may never come.
void Reception::give_memory_back() {
  if (visitors_.empty() && most_visitors_ >= kCrowd) {
    ::malloc_trim(0);
  }
  if (visitors_.empty()) {
    most_visitors_ = 0;
  }
}

std::optional<Reception::Time> Reception::next_deadline() const {
  std::optional<Time> earliest = accept_again_;
  const auto consider = [&](Time time) { earliest = std::min(earliest.value_or(time), time); };
  for (const auto& [id, visitor] : visitors_) {
    if (visitor.deadline) {
      consider(*visitor.deadline);
    } else if (visitor.told_ahead) {
      consider(visitor.told_at + kRetellAfter);
    }
  }
  return earliest;
}

void Reception::look_at_clocks() {
  const auto now = Clock::now();
  if (accept_again_ && *accept_again_ <= now) {
    accept_again_.reset();
    for (const Fd& fd : listener_.fds()) {
      poller_.add(fd, kListenerKey);
    }
  }
  for (auto entry = visitors_.begin(); entry != visitors_.end();) {
    const auto visitor = entry++;
    if (visitor->second.deadline && *visitor->second.deadline <= now) {
      if (visitor->second.is_leaving) {
        erase(visitor);
      } else {
        fail(visitor, fmt::format("the client did not answer within {}",
                                  format_duration(patience_with(visitor->second))));
      }
    }
  }
  for (std::size_t i = 0; i < queue_.size(); ++i) {
    Visitor& visitor = visitors_.at(queue_[i]);
    if (visitor.told_ahead && now - visitor.told_at >= kRetellAfter) {
      tell(visitor, running_ + i);
    }
  }
}

void Reception::tell(Visitor& visitor, std::uint64_t ahead) {
  visitor.told_ahead = ahead;
  visitor.told_at = Clock::now();
  // One that does not read what it is told will be noticed when its turn comes.
  static_cast<void>(visitor.connection.send_now(frame_of(Queued{.ahead = ahead})));
}

void Reception::tell_queue(std::uint64_t running) {
  running_ = running;
  for (std::size_t i = 0; i < queue_.size(); ++i) {
    Visitor& visitor = visitors_.at(queue_[i]);
    if (visitor.negotiation.state() == State::Requested && visitor.told_ahead != running + i) {
      tell(visitor, running + i);
    }
  }
}

std::optional<Candidate> Reception::call_next() {
  if (queue_.empty()) {
    return std::nullopt;
  }
  const auto entry = visitors_.find(queue_.front());
  queue_.pop_front();
  Visitor& visitor = entry->second;
  poller_.remove(visitor.connection.fd());
  Candidate candidate{.id = entry->first,
                      .connection = std::move(visitor.connection),
                      .opening = visitor.opening,
                      .request = visitor.negotiation.state() == State::Requested
                                     ? std::optional(visitor.negotiation.request())
                                     : std::nullopt,
                      .settings = visitor.settings};
  visitors_.erase(entry);
  return candidate;
}

void Reception::close(const std::string& reason) {
  for (auto& [id, visitor] : visitors_) {
    if (visitor.negotiation.state() == State::Requested) {
      static_cast<void>(
          visitor.connection.send_now(frame_of(Refuse{.reason = reason, .hint = {}})));
    }
  }
  visitors_.clear();
  queue_.clear();
}

void Reception::abandon() {
  visitors_.clear();
  queue_.clear();
}

}  // namespace tcpstep
