#include "lib/report/link_runs.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <sstream>
#include <string_view>
#include <utility>

#include "lib/stats/estimators.h"

namespace tcpstep {
namespace {

// Header keys of what the user chose and what changes an RTT. Runs that differ in these are pooled
// all the same, because the user gave them one name, but tables say so.
constexpr auto kComparedKeys = std::to_array<std::string_view>(
    {"sizes_bytes", "order", "interval_ns", "fill", "effective_congestion_control",
     "effective_timestamps", "wait", "effective_cpu", "effective_realtime",
     "effective_busy_poll_us"});

// Adds the fit of a complete run, or counts why it has none.
void add_fit(LinkRuns& link, const Run& run) {
  if (!run.key.mss || !run.is_complete()) {
    return;
  }
  std::vector<SizeTime> endpoints;
  std::vector<double> gaps;
  bool has_few = false;
  for (const auto& [size, series] : run.series) {
    if (series.rtts.size() >= kFewestSamplesForFit) {
      const Duration smallest = series.rtts.minimum();
      const Duration second = series.rtts.second_minimum();
      endpoints.push_back({.size = size, .ns = endpoint_estimate(smallest, second)});
      gaps.push_back(static_cast<double>((second - smallest).count()));
    } else {
      has_few = true;
    }
  }
  const double gap = gaps.empty() ? 0 : median_of(std::move(gaps));
  if (const auto fit = fit_run(endpoints, *run.key.mss, gap)) {
    link.fits.push_back(*fit);
  } else if (has_few) {
    ++link.short_runs;
  }
}

void note_differences(LinkRuns& link, const RunHeader& other) {
  for (const auto& [key, value] : other.facts()) {
    const auto known = link.header.find(key);
    if (known != value) {
      link.varying.insert(key);
    }
    if (known && known != value && std::ranges::find(kComparedKeys, key) != kComparedKeys.end()) {
      link.differing.insert(key);
    }
  }
}

constexpr std::size_t kMostHosts = 100;

void note_hosts(LinkRuns& link, const Run& run) {
  const auto note = [&](std::set<std::string>& hosts, std::string_view role) {
    const std::string host = host_of(run.header, role);
    if (!host.empty() && hosts.size() < kMostHosts) {
      hosts.insert(host);
    }
  };
  note(link.senders, run.key.is_up ? "client" : "server");
  note(link.receivers, run.key.is_up ? "server" : "client");
  if (link.labels.size() < kMostHosts) {
    link.labels.emplace(run.header.find("label").value_or("-"));
  }
}

void note_start(LinkRuns& link, const Run& run) {
  if (run.started) {
    link.first_start = std::min(link.first_start.value_or(*run.started), *run.started);
    link.last_start = std::max(link.last_start.value_or(*run.started), *run.started);
  }
}

void add_run(LinkRuns& link, const Run& run) {
  note_hosts(link, run);
  note_start(link, run);
  std::istringstream warnings{std::string(run.header.find("warnings").value_or(""))};
  link.warnings.insert(std::istream_iterator<std::string>(warnings), {});
  ++link.runs;
  link.partial_runs += run.is_complete() ? 0U : 1U;
  link.browser_runs += run.header.find("client_kind") == "browser" ? 1U : 0U;
  link.moved_runs += run.has_moved ? 1U : 0U;
  add_fit(link, run);
  const auto rounds = static_cast<std::uint32_t>(run.rounds());
  link.fewest_rounds = link.runs == 1 ? rounds : std::min(link.fewest_rounds, rounds);
  link.most_rounds = std::max(link.most_rounds, rounds);
  for (const auto& [size, series] : run.series) {
    link.lost += series.lost;
    link.resent.merge(series.resent);
    link.unstamped += series.unstamped;
    if (!series.rtts.empty()) {
      link.series[size].merge(series.rtts);
    }
  }
}

}  // namespace

std::uint64_t LinkRuns::samples() const {
  std::uint64_t count = 0;
  for (const auto& [size, rtts] : series) {
    count += rtts.size();
  }
  return count;
}

Duration LinkRuns::fastest() const {
  Duration result = Duration::max();
  for (const auto& [size, rtts] : series) {
    result = std::min(result, rtts.minimum());
  }
  return result;
}

bool RunCollection::add(const Run& run) {
  if (!known_runs_.insert(run.identity).second) {
    return false;
  }
  auto link = std::ranges::find(links_, run.key, &LinkRuns::key);
  if (link == links_.end()) {
    LinkRuns& added = links_.emplace_back();
    added.key = run.key;
    added.clock = run.clock;
    added.header = run.header;
    link = std::prev(links_.end());
  } else {
    note_differences(*link, run.header);
  }
  add_run(*link, run);
  return true;
}

}  // namespace tcpstep
