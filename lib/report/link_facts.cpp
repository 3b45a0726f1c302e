#include "lib/report/link_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
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

// Files without an id are never the same run. In virtual time ids may come again with another seed.
std::string identity_of(const RunHeader& header) {
  const auto id = header.find("run_id");
  return id ? fmt::format("{} {} {} {}", *id, header.link(),
                          header.find("started_utc").value_or(""),
                          header.find("lab_seed").value_or(""))
            : std::string();
}

// A change of the MSS moves boundaries only if a size lies beyond the smaller one.
bool has_moved(const LinkFacts& run, const std::optional<RunTrailer>& trailer,
               std::optional<PayloadSize> largest) {
  if (!trailer || !trailer->changed_mss || !run.mss || !largest) {
    return false;
  }
  return largest->bytes() > std::min(*run.mss, *trailer->changed_mss).bytes();
}

}  // namespace

LinkFacts facts_of(const RunHeader& header, RttClock clock) {
  LinkFacts facts;
  facts.clock = clock;
  facts.link = name_of(header);
  facts.mss = header.mss();
  facts.settings = settings_of(header);
  facts.identity = identity_of(header);
  const auto congestion = header.find("effective_congestion_control");
  const auto started = header.find("started_utc");
  facts.conditions = fmt::format(
      "{}{}{}", congestion.value_or(""), congestion && started ? ", " : "",
      header.find("lab_time") == "virtual" ? "virtual time" : started.value_or("").substr(0, 10));
  return facts;
}

void count_run(LinkFacts& run, const std::optional<RunTrailer>& trailer,
               std::optional<PayloadSize> largest) {
  run.runs = 1;
  run.partial_runs = trailer && trailer->status == kComplete ? 0 : 1;
  run.moved_runs = has_moved(run, trailer, largest) ? 1 : 0;
}

void add_fit(LinkFacts& run, std::span<const SizeTime> endpoints) {
  if (!run.mss || run.partial_runs > 0) {
    return;
  }
  if (const auto fit = fit_run(endpoints, *run.mss)) {
    run.fits.push_back(*fit);
  }
}

bool is_same_link(const LinkFacts& one, const LinkFacts& other) {
  return one.link == other.link && one.mss == other.mss;
}

void add_facts(LinkFacts& link, const LinkFacts& added) {
  // A setting that only one of the files states is no difference: nobody knows.
  for (const auto& [key, value] : added.settings) {
    const auto known = link.settings.find(key);
    if (known != link.settings.end() && known->second != value) {
      link.differing.insert(key);
    }
  }
  link.runs += added.runs;
  link.partial_runs += added.partial_runs;
  link.moved_runs += added.moved_runs;
  link.lost += added.lost;
  link.retransmitted += added.retransmitted;
  link.unstamped += added.unstamped;
  link.fits.insert(link.fits.end(), added.fits.begin(), added.fits.end());
}

}  // namespace tcpstep
