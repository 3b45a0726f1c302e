// What a client may request of this server.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/net/address_range.h"
#include "lib/protocol/messages.h"

namespace tcpstep {

struct ServerLimits {
  // Of one run.
  std::uint64_t bytes = 0;
  std::uint64_t pings = 0;
  Duration time{0};
  // Of all clients.
  std::uint64_t connections = 0;
  std::uint64_t refused_beyond = 32;  // more connections, to send a refusal
  std::uint64_t connections_per_address = 0;
  std::uint64_t runs_per_address = 0;  // and refused requests, in an hour
  std::uint64_t queue = 0;
  std::uint64_t concurrent_runs = 1;
  std::vector<AddressRange> allowed;  // empty: all
  std::vector<std::string> links;     // that they may name; empty: any
  // Of what the runs leave on disk.
  std::uint64_t results_bytes = 0;
  std::uint64_t free_bytes = 0;
};

// Raises the limit of open files so that runs have descriptors whatever clients do. Where that is
// not permitted, lowers the limit of connections, and returns a warning.
[[nodiscard]] std::optional<std::string> reserve_descriptors(ServerLimits& limits);

// Why this sweep is beyond the limits, or nothing. `mss` decides where boundaries are.
[[nodiscard]] std::optional<Refuse> refusal_of(const SweepSpec& sweep, const ServerLimits& limits,
                                               std::optional<Mss> mss);

// Why a client may not name its link so, or nothing.
[[nodiscard]] std::optional<Refuse> refusal_of_link(const std::string& link,
                                                    const ServerLimits& limits);

// For a run with a time: as many rounds as the limits permit, so that only the time ends it.
void fit_rounds(SweepSpec& sweep, const ServerLimits& limits, std::optional<Mss> mss);

// Why a client gets no run, whatever it requests.
struct Rejection {
  const char* kind;  // in metrics and logs
  Refuse refusal;
  bool is_sent = true;  // false: too many refusals are pending
};

[[nodiscard]] bool is_allowed(const Address& peer, const ServerLimits& limits);

// Of a client that has just connected, when `connections` are open, `same_network` of them from
// its network.
[[nodiscard]] std::optional<Rejection> rejection_of_connection(const Address& peer,
                                                               std::uint64_t connections,
                                                               std::uint64_t same_network,
                                                               const ServerLimits& limits);

[[nodiscard]] Rejection connections_are_taken(const ServerLimits& limits);
[[nodiscard]] Rejection queue_is_full(const ServerLimits& limits);
[[nodiscard]] Rejection too_many_runs(const ServerLimits& limits);
[[nodiscard]] Rejection too_many_failures();
[[nodiscard]] Rejection no_room(std::string reason);
[[nodiscard]] Rejection unknown_run();

// The message that opens a negotiation: who this server is and what it permits.
[[nodiscard]] Hello hello_of(const ServerLimits& limits);

}  // namespace tcpstep
