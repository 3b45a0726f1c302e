#include "lib/report/link_runs.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "lib/stats/estimators.h"

namespace tcpstep {
namespace {

LinkRuns read_all(RunReader& run, RttClock clock) {
  LinkRuns result{facts_of(run.header(), clock), {}};
  while (const auto row = run.next()) {
    if (row->round == 0) {
      continue;
    }
    if (!row->rtt) {
      ++result.lost;
    } else if (row->retransmits.value_or(0) > 0) {
      ++result.retransmitted;
    } else if (const auto rtt = clock == RttClock::Kernel ? row->kernel_rtt : row->rtt) {
      result.series[row->size].push_back(*rtt);
    } else {
      ++result.unstamped;
    }
  }
  count_run(result, run.trailer(),
            result.series.empty() ? std::nullopt : std::optional(result.series.rbegin()->first));
  std::vector<SizeTime> endpoints;
  for (const auto& [size, rtts] : result.series) {
    if (rtts.size() >= 2) {
      endpoints.push_back({.size = size, .ns = endpoint_estimate(rtts)});
    }
  }
  add_fit(result, endpoints);
  return result;
}

}  // namespace

std::uint64_t LinkRuns::samples() const {
  std::uint64_t count = 0;
  for (const auto& [size, rtts] : series) {
    count += rtts.size();
  }
  return count;
}

bool RunCollection::add(RunReader& run) {
  LinkRuns added = read_all(run, clock_);
  if (!added.identity.empty() && !known_runs_.insert(added.identity).second) {
    return false;
  }
  const auto same = std::ranges::find_if(
      links_, [&](const LinkRuns& known) { return is_same_link(known, added); });
  if (same == links_.end()) {
    links_.push_back(std::move(added));
    return true;
  }
  add_facts(*same, added);
  for (auto& [size, rtts] : added.series) {
    auto& known = same->series[size];
    known.insert(known.end(), rtts.begin(), rtts.end());
  }
  return true;
}

std::span<const LinkRuns> RunCollection::links() {
  for (LinkRuns& link : links_) {
    for (auto& [size, rtts] : link.series) {
      std::ranges::sort(rtts);
    }
  }
  return links_;
}

}  // namespace tcpstep
