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

RecentUse::Entry& RecentUse::add(const std::string& network, Time now) {
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    auto& times = entry->second.times;
    while (!times.empty() && now - times.front() > 1h) {
      times.pop_front();
    }
    entry = times.empty() ? entries_.erase(entry) : std::next(entry);
  }
  Entry& entry = entries_[network];
  entry.times.push_back(now);
  return entry;
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
