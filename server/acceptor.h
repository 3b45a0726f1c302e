// All clients that are connected but not being measured: those that have yet to send a request, and
// those in the queue. An idle client costs neither a thread nor processor time.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "lib/base/sample.h"
#include "lib/net/poller.h"
#include "lib/protocol/authentication.h"
#include "lib/sweep/run_settings.h"
#include "server/conversation.h"
#include "server/door.h"
#include "server/limits.h"
#include "server/log.h"
#include "server/metrics.h"
#include "server/options.h"
#include "server/run_queue.h"
#include "server/web_conversation.h"

namespace tcpstep {

// A client whose turn it is.
struct QueuedRun {
  bool is_first;  // of all clients that can have a run
  TcpConnection connection;
  std::string network;  // that the limits count
  Protocol protocol;
  std::optional<Sample> opening;   // the ping it has acked
  std::optional<Request> request;  // nothing from a classic client
  std::optional<Session> session;  // with a secret
  std::optional<BrowserFacts> browser;
  RunSettings settings;
};

// The port of --web and what it serves.
struct WebEntrance {
  Listener listener;
  WebSite& site;  // outlives the acceptor, as the offer
  const WebOffer& offer;
};

class Acceptor {
 public:
  using Time = std::chrono::steady_clock::time_point;
  // Gives a connection to the run with that token; false if there is none.
  using HandOver = std::function<bool(const std::string& token, const TcpConnection& connection)>;

  // The references must outlive this. Keys given to `poller` are below kFirstForeignKey.
  Acceptor(Listener listener, Poller& poller, const ServerOptions& options, const Secret* secret,
           Log& log, Metrics& metrics, HandOver hand_over,
           std::optional<WebEntrance> web = std::nullopt);

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
    std::unique_ptr<Conversation> conversation;
    std::string peer;     // its address as text
    std::string network;  // that the limits count
    Time opened{};
    std::optional<Time> deadline{};  // none in the queue
    Sample opening{};
    std::optional<Rejection> rejection;  // sent as soon as the client can understand it
    RunSettings settings;
    std::optional<Duration> duration{};  // that its run will probably take
    Duration longest_turn{};             // that it may take while clients of other networks wait
    bool is_first = false;
    bool is_web = false;
    std::string unsent{};                  // a page for which the kernel had no room
    std::size_t sent = 0;                  // of it
    bool is_closing = false;               // the last was said; only the client's end is awaited
    std::optional<std::uint64_t> ahead{};  // as last sent
    std::optional<Time> turn{};            // when it will probably be its turn
    Time told_at{};
  };
  using Clients = std::map<std::uint64_t, PendingClient>;

  void accept_clients(Door& door, bool is_web);
  void add(TcpConnection connection, bool is_web);
  [[nodiscard]] std::unique_ptr<Conversation> conversation(bool is_web) const;
  void receive(Clients::iterator entry);
  void process(Clients::iterator entry, std::span<const std::byte> bytes);
  void send_page(Clients::iterator entry, std::string page);
  void flush(Clients::iterator entry);
  [[nodiscard]] std::size_t unsent() const;  // memory that pages take
  void handle_broken_protocol(Clients::iterator entry, std::string refusal);
  void say_too_late(Clients::iterator entry);
  void enqueue(Clients::iterator entry);
  [[nodiscard]] std::optional<Rejection> rejection_of(PendingClient& client);
  void join(Clients::iterator entry);
  void make_room_for(const std::string& network);
  void displace(Clients::iterator entry);
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
  std::optional<WebEntrance> web_;
  std::optional<Door> web_door_;
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
  bool had_first_client_ = false;
  std::uint64_t running_ = 0;
  RecentUse recent_use_;
  bool has_lost_first_client_ = false;
};

}  // namespace tcpstep
