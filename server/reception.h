// Everybody who is connected and not measured: those who have yet to say what they want, and those
// who wait for their turn. None of them costs a thread, or time while it says nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "lib/base/sample.h"
#include "lib/net/listener.h"
#include "lib/net/poller.h"
#include "lib/protocol/authentication.h"
#include "lib/protocol/negotiation.h"
#include "server/log.h"
#include "server/metrics.h"
#include "server/options.h"

namespace tcpstep {

// Somebody whose turn it is.
struct Candidate {
  std::uint64_t id;
  TcpConnection connection;
  Sample opening;                  // the ping it has answered
  std::optional<Request> request;  // nothing from a classic client
  RunSettings settings;
};

class Reception {
 public:
  using Time = std::chrono::steady_clock::time_point;
  // Gives a connection to the run of that token; false if there is none.
  using HandOver = std::function<bool(const std::string& token, const TcpConnection& connection)>;

  // The references must outlive this. Keys given to `poller` are below kFirstForeignKey.
  Reception(Listener listener, Poller& poller, const ServerOptions& options, const Secret* secret,
            Log& log, Metrics& metrics, HandOver hand_over);

  static constexpr std::uint64_t kFirstForeignKey = std::uint64_t{1} << 62U;

  // Something has come for `key`.
  void handle(std::uint64_t key);
  // Ends those who took too long, tells those who wait where they are.
  void look_at_clocks();
  // When look_at_clocks() is due.
  [[nodiscard]] std::optional<Time> next_deadline() const;

  // The first of the queue; it is taken out.
  [[nodiscard]] std::optional<Candidate> call_next();
  // Tells those in the queue how many runs and clients are before them.
  void tell_queue(std::uint64_t running);

  // Sends everybody away.
  void close(const std::string& reason);
  // In a child process: closes its copies of all connections, and says nothing to anyone.
  void abandon();

  // The first client to connect has gone without a run.
  [[nodiscard]] bool has_lost_first() const { return has_lost_first_; }
  [[nodiscard]] std::size_t waiting() const { return queue_.size(); }
  [[nodiscard]] std::size_t connected() const { return visitors_.size(); }

 private:
  // Why a client gets no run, whatever it asks for.
  struct Doom {
    const char* kind;
    Refuse words;
    bool is_worth_telling = true;  // it costs a place among the visitors until it was told
  };
  struct Visitor {
    TcpConnection connection;
    ServerNegotiation negotiation;
    std::string peer;     // in words
    std::string network;  // that the limits count
    Time opened;
    std::optional<Time> deadline;  // none while it waits for its turn
    Sample opening;
    std::optional<Doom> doom;  // why it will be refused as soon as it can be told
    RunSettings settings;
    bool is_leaving = false;  // it was told why; only its end is awaited
    std::optional<std::uint64_t> told_ahead;
    Time told_at{};
  };
  using Visitors = std::map<std::uint64_t, Visitor>;

  void accept_all();
  void welcome(TcpConnection connection);
  [[nodiscard]] std::optional<Doom> doom_of(const Address& peer, const std::string& network) const;
  void receive(Visitors::iterator entry);
  void answer(Visitors::iterator entry, std::span<const std::byte> bytes);
  void enqueue(Visitors::iterator entry);
  void join(Visitors::iterator entry);
  // Tells a client that can be told, and closes.
  void refuse(Visitors::iterator entry, const std::string& kind, const Refuse& words);
  void fail(Visitors::iterator entry, const std::string& words);
  void say_refused(const std::string& peer, const std::string& kind, const Refuse& words);
  [[nodiscard]] Duration patience_with(const Visitor& visitor) const;
  void leave(Visitors::iterator entry);  // what was sent may still arrive
  void erase(Visitors::iterator entry);
  void give_memory_back();
  static void tell(Visitor& visitor, std::uint64_t ahead);
  [[nodiscard]] std::uint64_t connections_of(const std::string& network) const;
  bool is_run_permitted(const std::string& network);

  Listener listener_;
  Poller& poller_;
  const ServerOptions& options_;
  const Secret* secret_;
  Log& log_;
  Metrics& metrics_;
  HandOver hand_over_;

  Visitors visitors_;
  std::size_t most_visitors_ = 0;  // since there was none
  std::deque<std::uint64_t> queue_;
  std::uint64_t next_id_ = 1;
  std::uint64_t running_ = 0;
  std::map<std::string, std::deque<Time>> runs_of_;  // of an address, in the last hour
  std::optional<Time> accept_again_;  // listening is suspended until then: no descriptors
  std::optional<Time> exhaustion_said_;
  bool has_lost_first_ = false;
};

}  // namespace tcpstep
