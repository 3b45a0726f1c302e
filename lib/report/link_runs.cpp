#include "lib/report/link_runs.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace tcpstep {
namespace {

// Header keys of what the user chose and what changes an RTT. Runs unlike in these are brought
// together all the same, for the link is the user's word, but tables say so.
constexpr auto kSettings = std::to_array<std::string_view>(
    {"sizes_bytes", "order", "interval_ns", "fill", "effective_congestion_control",
     "effective_timestamps", "wait", "effective_cpu", "effective_realtime",
     "effective_busy_poll_us"});

std::map<std::string, std::string> settings_of(const RunHeader& header) {
  std::map<std::string, std::string> settings;
  for (const std::string_view key : kSettings) {
    if (const auto value = header.find(key)) {
      settings.emplace(key, *value);
    }
  }
  return settings;
}

// A setting that only one of the files states is no difference: nobody knows.
void note_differences(LinkRuns& link, const LinkRuns& added) {
  for (const auto& [key, value] : added.settings) {
    const auto known = link.settings.find(key);
    if (known != link.settings.end() && known->second != value) {
      link.differing.insert(key);
    }
  }
}

// What was measured otherwise is a link of its own: the uplink, and fresh connections.
std::string name_of(const RunHeader& header) {
  std::string name(header.link());
  for (const auto& [key, value] :
       {std::pair("direction", "up"), std::pair("connection", "fresh")}) {
    if (header.find(key) == value) {
      name += fmt::format(".{}", value);
    }
  }
  return name;
}

// A change of the MSS moves boundaries only if a size lies beyond the smaller one.
bool has_moved(const LinkRuns& link, const std::optional<RunTrailer>& trailer) {
  if (!trailer || !trailer->changed_mss || !link.mss || link.series.empty()) {
    return false;
  }
  return link.series.rbegin()->first.bytes() > std::min(*link.mss, *trailer->changed_mss).bytes();
}

LinkRuns read_all(RunReader& run, RttClock clock) {
  LinkRuns result;
  result.clock = clock;
  result.link = name_of(run.header());
  result.mss = run.header().mss();
  result.settings = settings_of(run.header());
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
  result.runs = 1;
  result.partial_runs = run.trailer() && run.trailer()->status == kComplete ? 0 : 1;
  result.moved_runs = has_moved(result, run.trailer()) ? 1 : 0;
  const auto congestion = run.header().find("effective_congestion_control");
  const auto started = run.header().find("started_utc");
  result.conditions =
      fmt::format("{}{}{}", congestion.value_or(""), congestion && started ? ", " : "",
                  started.value_or("").substr(0, 10));
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

void RunCollection::add(RunReader& run) {
  LinkRuns added = read_all(run, clock_);
  const auto same = std::ranges::find_if(links_, [&](const LinkRuns& known) {
    return known.link == added.link && known.mss == added.mss;
  });
  if (same == links_.end()) {
    links_.push_back(std::move(added));
    return;
  }
  note_differences(*same, added);
  same->runs += added.runs;
  same->partial_runs += added.partial_runs;
  same->moved_runs += added.moved_runs;
  same->lost += added.lost;
  same->retransmitted += added.retransmitted;
  same->unstamped += added.unstamped;
  for (auto& [size, rtts] : added.series) {
    auto& known = same->series[size];
    known.insert(known.end(), rtts.begin(), rtts.end());
  }
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
