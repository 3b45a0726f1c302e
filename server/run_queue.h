// The clients that wait for their run, whose turn it is, and how long a turn may be.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/stop_request.h"
#include "lib/base/units.h"
#include "lib/protocol/sweep_spec.h"
#include "lib/sweep/path_speed.h"

namespace tcpstep {

inline constexpr std::size_t kFailuresPerMinute = 30;

// What each network has had of the server in the last hour: runs, and requests that were refused.
// Its memory is bounded: it counts up to a limit only, and forgets the networks that were here
// least recently if there are too many.
class RecentUse {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // More than `most` runs and refused requests of a network need not be counted.
  explicit RecentUse(std::uint64_t most = 1000) : most_(most) {}

  void add_run(const std::string& network, Time now);
  void add_refusal(const std::string& network, Time now);
  void add_failure(const std::string& network, Time now);

  // Runs and refused requests.
  [[nodiscard]] std::uint64_t count(const std::string& network, Time now) const;
  // When its last run began; the clock's epoch if it had none.
  [[nodiscard]] Time last_run(const std::string& network) const;
  // Whether kFailuresPerMinute runs have failed within a minute, and one of this network within the
  // hour. Failed runs leave messages and files.
  [[nodiscard]] bool has_many_failures(const std::string& network, Time now) const;

 private:
  static constexpr std::size_t kMostNetworks = 4096;

  struct Entry {
    std::deque<Time> times;
    Time last_run{};
    std::optional<Time> last_failure{};
  };
  Entry& add(const std::string& network, Time now);
  void forget_least_recent();

  std::uint64_t most_;
  std::map<std::string, Entry> entries_;
  std::deque<Time> failures_;  // the latest, of all networks
};

// Networks take turns, so that none keeps the others out however many clients it sends.
class RunQueue {
 public:
  void add(std::uint64_t client, std::string network) {
    places_.push_back({client, std::move(network)});
  }
  void remove(std::uint64_t client) {
    std::erase_if(places_, [&](const Place& place) { return place.client == client; });
  }
  void clear() { places_.clear(); }
  [[nodiscard]] std::size_t size() const { return places_.size(); }
  [[nodiscard]] bool empty() const { return places_.empty(); }
  [[nodiscard]] std::uint64_t places_of(const std::string& network) const;
  // Whether another network than this one has a place.
  [[nodiscard]] bool has_others(const std::string& network) const {
    return places_of(network) < places_.size();
  }

  // All clients in the order of their runs: one of each network, first of those whose last run is
  // longest ago, then a second of each.
  [[nodiscard]] std::vector<std::uint64_t> turns(const RecentUse& use) const;

  // Who gives way to a client of `network` in a full queue: the last of the network with the most
  // places, unless the newcomer's would then have as many.
  [[nodiscard]] std::optional<std::uint64_t> to_displace_for(const std::string& network) const;

 private:
  struct Place {
    std::uint64_t client;
    std::string network;
  };
  std::deque<Place> places_;  // in the order of arrival
};

// How long a run may take while clients of other networks wait: several times what its pings need
// on such a path. Of a sweep that is larger than the server's `own`, what that one needs; idle time
// before a ping counts as far as the server's own has it. Without more of it, at most kLongestTurn.
[[nodiscard]] Duration turn_of(const SweepSpec& sweep, const SweepSpec& own, const PathSpeed& path);

// The default sweep over EDGE, the slowest of the emulated links, takes 32 minutes.
inline constexpr Duration kLongestTurn = std::chrono::minutes(40);

// In the process of a run: the signal kOutOfTime ends it with the status kLimit.
void catch_end_of_turn();

}  // namespace tcpstep
