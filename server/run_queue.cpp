#include "server/run_queue.h"

#include <algorithm>
#include <iterator>
#include <tuple>

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

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

}  // namespace tcpstep
