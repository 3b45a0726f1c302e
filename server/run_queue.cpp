#include "server/run_queue.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <iterator>
#include <tuple>

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

// An honest run takes a fraction of this: a ping one RTT, and a payload of many segments as many
// more as it needs windows. Slow processes and a few retransmissions are allowed for.
constexpr int kRttsPerPing = 4;
constexpr int kRttsPerSegment = 8;
constexpr Duration kPerPing = 10ms;
constexpr Duration kPerFreshConnection = 40ms;
constexpr int kRttsPerFreshConnection = 8;

void end_turn(int signal) {
  request_stop(signal);
  ::alarm(1);  // for a call that begins to wait just now; StopSignals repeats it
}

}  // namespace

void RecentUse::add_run(const std::string& network, Time now) {
  add(network, now).last_run = now;
}

void RecentUse::add_refusal(const std::string& network, Time now) {
  add(network, now);
}

void RecentUse::add_failure(const std::string& network, Time now) {
  if (const auto entry = entries_.find(network); entry != entries_.end()) {
    entry->second.last_failure = now;  // its run is the reason for the entry
  }
  failures_.push_back(now);
  if (failures_.size() > kFailuresPerMinute) {
    failures_.pop_front();
  }
}

RecentUse::Entry& RecentUse::add(const std::string& network, Time now) {
  const bool is_new = !entries_.contains(network);
  if (is_new && entries_.size() >= kMostNetworks) {
    forget_least_recent();
  }
  Entry& entry = entries_[network];
  while (!entry.times.empty() && (now - entry.times.front() > 1h || entry.times.size() >= most_)) {
    entry.times.pop_front();
  }
  entry.times.push_back(now);
  return entry;
}

// A quarter of them, so that a crowd of networks does not make each client cost a search.
void RecentUse::forget_least_recent() {
  std::vector<Time> latest;
  for (const auto& [network, entry] : entries_) {
    latest.push_back(entry.times.back());
  }
  const auto limit = latest.begin() + static_cast<std::ptrdiff_t>(latest.size() / 4);
  std::nth_element(latest.begin(), limit, latest.end());
  std::erase_if(entries_, [&](const auto& item) { return item.second.times.back() <= *limit; });
}

std::uint64_t RecentUse::count(const std::string& network, Time now) const {
  const auto entry = entries_.find(network);
  if (entry == entries_.end()) {
    return 0;
  }
  return static_cast<std::uint64_t>(
      std::ranges::count_if(entry->second.times, [&](Time time) { return now - time <= 1h; }));
}

RecentUse::Time RecentUse::last_run(const std::string& network) const {
  const auto entry = entries_.find(network);
  return entry == entries_.end() ? Time{} : entry->second.last_run;
}

bool RecentUse::has_many_failures(const std::string& network, Time now) const {
  const auto entry = entries_.find(network);
  return failures_.size() >= kFailuresPerMinute && now - failures_.front() <= 1min &&
         entry != entries_.end() && entry->second.last_failure &&
         now - *entry->second.last_failure <= 1h;
}

std::uint64_t RunQueue::places_of(const std::string& network) const {
  return static_cast<std::uint64_t>(std::ranges::count(places_, network, &Place::network));
}

std::vector<std::uint64_t> RunQueue::turns(const RecentUse& use) const {
  struct Turn {
    std::uint64_t round;
    RecentUse::Time last_run;
    std::uint64_t client;
  };
  std::vector<Turn> turns;
  std::map<std::string, std::uint64_t> rounds;
  for (const Place& place : places_) {
    turns.push_back({rounds[place.network]++, use.last_run(place.network), place.client});
  }
  std::ranges::stable_sort(turns, {},
                           [](const Turn& turn) { return std::tuple(turn.round, turn.last_run); });
  std::vector<std::uint64_t> clients;
  std::ranges::transform(turns, std::back_inserter(clients), &Turn::client);
  return clients;
}

std::optional<std::uint64_t> RunQueue::to_displace_for(const std::string& network) const {
  const auto most = std::ranges::max_element(
      places_, {}, [&](const Place& place) { return places_of(place.network); });
  if (most == places_.end() || places_of(most->network) <= places_of(network) + 1) {
    return std::nullopt;
  }
  return std::find_if(places_.rbegin(), places_.rend(),
                      [&](const Place& place) { return place.network == most->network; })
      ->client;
}

Duration turn_of(const SweepSpec& sweep, const SweepSpec& own, const PathSpeed& path) {
  const RunVolume wanted = sweep.volume(path.mss).value_or(RunVolume{});
  const RunVolume usual = own.volume(path.mss).value_or(RunVolume{});
  const auto pings = static_cast<double>(std::min(wanted.pings, usual.pings));
  const double segments =
      static_cast<double>(std::min(wanted.bytes, usual.bytes)) / path.mss.bytes();
  const double idle = pings * static_cast<double>(std::min(sweep.interval, own.interval).count());
  const double longest = static_cast<double>(kLongestTurn.count()) + idle;
  if (!path.shortest_rtt) {
    return Duration(static_cast<Duration::rep>(longest));
  }
  const double rtt = static_cast<double>(path.shortest_rtt->count());
  double per_ping = kRttsPerPing * rtt + static_cast<double>(kPerPing.count());
  if (sweep.connection == ConnectionMode::Fresh) {
    per_ping += kRttsPerFreshConnection * rtt + static_cast<double>(kPerFreshConnection.count());
  }
  const double needed = static_cast<double>(own.timeout.count()) + pings * per_ping +
                        segments * kRttsPerSegment * rtt + idle;
  return Duration(static_cast<Duration::rep>(std::min(needed, longest)));
}

void catch_end_of_turn() {
  struct sigaction action {};
  action.sa_handler = end_turn;  // no SA_RESTART: a waiting recv(2) must end
  sigemptyset(&action.sa_mask);
  ::sigaction(kOutOfTime, &action, nullptr);
}

}  // namespace tcpstep
