// All clients that are connected but not being measured: those that have yet to send a request, and
// those in the queue. An idle client costs neither a thread nor processor time.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>

#include "lib/base/sample.h"
#include "lib/net/poller.h"
#include "lib/protocol/authentication.h"
#include "lib/protocol/negotiation.h"
#include "lib/sweep/run_settings.h"
#include "server/door.h"
#include "server/limits.h"
#include "server/log.h"
#include "server/metrics.h"
#include "server/options.h"
#include "server/run_queue.h"

namespace tcpstep {

// A client whose turn it is.
struct QueuedRun {
  std::uint64_t id;  // 1 is the first client that connected
  TcpConnection connection;
  std::string network;             // that the limits count
  Sample opening;                  // the ping it has acked
  std::optional<Request> request;  // nothing from a classic client
  std::optional<Session> session;  // with a secret
  RunSettings settings;
};

class Acceptor {
 public:
  using Time = std::chrono::steady_clock::time_point;
  // Gives a connection to the run with that token; false if there is none.
  using HandOver = std::function<bool(const std::string& token, const TcpConnection& connection)>;

  // The references must outlive this. Keys given to `poller` are below kFirstForeignKey.
  Acceptor(Listener listener, Poller& poller, const ServerOptions& options, const Secret* secret,
           Log& log, Metrics& metrics, HandOver hand_over);

  static constexpr std::uint64_t kFirstForeignKey = std::uint64_t{1} << 62U;

  // Data, a connection or an end has arrived for `key`.
  void handle(std::uint64_t key);
  // Drops clients that took too long, repeats to those in the queue where they are.
  void handle_deadlines();
  // When handle_deadlines() is due.
  [[nodiscard]] std::optional<Time> next_deadline() const;

  // Takes the client whose turn it is out of the queue, which is not empty: one of each network,
  // and first of those whose last run is longest ago. Or refuses it.
  [[nodiscard]] QueuedRun take_next();
  void refuse_next(const Rejection& rejection);
  // A run of `network` has failed.
  void note_failed_run(const std::string& network) {
    recent_use_.add_failure(network, std::chrono::steady_clock::now());
  }
  // Whether clients of another network than this one are in the queue.
  [[nodiscard]] bool do_others_wait(const std::string& network) const {
    return queue_.has_others(network);
  }
  // Sends those in the queue the number of runs and clients ahead of them, and how long these will
  // take, if it is known when the first of the `running` ones will probably end.
  void update_queue(std::uint64_t running, std::optional<Time> end);

  // Sends `refusal` to clients that have sent a request, and closes all connections.
  void close_all(const Refuse& refusal);
  // In a child process: closes its copies of all connections without sending anything.
  void release_all();

  // The first client has gone without a run.
  [[nodiscard]] bool has_lost_first_client() const { return has_lost_first_client_; }
  [[nodiscard]] std::size_t queued() const { return queue_.size(); }
  [[nodiscard]] std::size_t connected() const { return clients_.size(); }

 private:
  struct PendingClient {
    TcpConnection connection;
    ServerNegotiation negotiation;
    std::string peer;     // its address as text
    std::string network;  // that the limits count
    Time opened{};
    std::optional<Time> deadline{};  // none in the queue
    Sample opening{};
    std::optional<Rejection> rejection;  // sent as soon as the client can understand it
    RunSettings settings;
    std::optional<Duration> duration{};    // that its run will probably take
    bool is_closing = false;               // a refusal was sent; only the client's end is awaited
    std::optional<std::uint64_t> ahead{};  // as last sent
    std::optional<Time> turn{};            // when it will probably be its turn
    Time told_at{};
  };
  using Clients = std::map<std::uint64_t, PendingClient>;

  void accept_clients();
  void add(TcpConnection connection);
  void receive(Clients::iterator entry);
  void process(Clients::iterator entry, std::span<const std::byte> bytes);
  void handle_broken_protocol(Clients::iterator entry, bool is_refusal_sent);
  void enqueue(Clients::iterator entry);
  [[nodiscard]] std::optional<Rejection> rejection_of(PendingClient& client);
  void join(Clients::iterator entry);
  void refuse(Clients::iterator entry, const Rejection& rejection);
  void drop(Clients::iterator entry, const std::string& reason);
  void close_after_refusal(Clients::iterator entry);  // what was sent can still arrive
  void remove(Clients::iterator entry);
  void forget(Clients::iterator entry);
  void log_refusal(const std::string& peer, const Rejection& rejection);
  [[nodiscard]] Duration time_to_ask(const PendingClient& client) const;
  [[nodiscard]] std::uint64_t connections_of(const std::string& network) const;
  static void send_position(PendingClient& client, std::uint64_t ahead, std::optional<Time> turn);

  Door door_;
  Poller& poller_;
  const ServerOptions& options_;
  const Secret* secret_;
  Log& log_;
  Metrics& metrics_;
  HandOver hand_over_;

  Clients clients_;
  std::map<std::string, std::uint64_t> connections_of_;  // by network
  std::size_t most_clients_ = 0;                         // since there was none
  RunQueue queue_;
  std::uint64_t next_id_ = 1;
  std::uint64_t running_ = 0;
  RecentUse recent_use_;
  bool has_lost_first_client_ = false;
};

}  // namespace tcpstep
