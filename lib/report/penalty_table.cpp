#include "lib/report/penalty_table.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <ctime>
#include <iterator>
#include <map>
#include <utility>

#include "lib/base/escape.h"
#include "lib/base/text.h"
#include "lib/report/rows.h"
#include "lib/report/warnings.h"
#include "lib/stats/estimators.h"

namespace tcpstep {
namespace {

// --- Runs of one link, pooled ---

// Runs that differ in these are pooled all the same, because the user gave them one name, but
// tables say so.
bool is_setting(std::string_view key) {
  return std::ranges::any_of(
      kCircumstances, [&](const Circumstance& one) { return one.is_setting && one.key == key; });
}

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
    if (known && known != value && is_setting(key)) {
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
  link.warnings.merge(recorded_warnings(run.header));
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

// --- Their table ---

std::string last_day(const LinkRuns& runs) {
  if (runs.header.is_virtual() || !runs.last_start) {
    return {};
  }
  return short_day(*runs.last_start);
}

struct SizePoint {
  PayloadSize size;
  double ns;
  const SampleSketch* samples;
};

Duration rounded(double ns) {
  return Duration(std::llround(ns));
}

bool is_too_short_for_browser(const PenaltyTable& table) {
  return table.browser_runs > 0 && table.reference_size &&
         table.reference_rtt < kShortestRttOfBrowsers;
}

Levels levels_of(const std::vector<SizePoint>& points) {
  constexpr std::uint64_t kFewestForP99 = 100;
  double fastest = 0;
  double median = 0;
  SampleSketch all;
  for (const SizePoint& point : points) {
    const auto count = static_cast<double>(&point - points.data() + 1);
    fastest += (static_cast<double>(point.samples->minimum().count()) - fastest) / count;
    median += (point.samples->quantile_ns(0.5) - median) / count;
    all.merge(*point.samples);
  }
  return {.fastest = rounded(fastest),
          .median = rounded(median),
          .p99 = all.size() >= kFewestForP99 ? std::optional(all.quantile(0.99)) : std::nullopt};
}

// The mean of the points' RTTs, against the reference. `points` is not empty.
Penalty penalty_of(const std::vector<SizePoint>& points, double reference_ns) {
  double mean = 0;
  for (const SizePoint& point : points) {
    mean += (point.ns - mean) / static_cast<double>(&point - points.data() + 1);
  }
  return {.smallest = points.front().size,
          .largest = points.back().size,
          .rtt = rounded(mean),
          .extra = rounded(mean - reference_ns),
          .share = (mean - reference_ns) / reference_ns,
          .levels = levels_of(points)};
}

// How far the share of one size may be from that of much longer runs, with a probability of some
// 95 %. A minimum's standard deviation is about the mean distance of the fastest samples: where the
// density has an edge a little less, where it begins at zero like x or x^2 a little more.
std::optional<double> uncertainty_of(const LinkRuns& runs, Statistic statistic) {
  constexpr std::uint32_t kUsualRounds = 20;
  constexpr std::size_t kFastest = 4;
  constexpr double kBetween = 1.3;  // these cases, for four samples
  const std::uint64_t pings = runs.samples() + runs.resent.total() + runs.lost;
  const bool is_short = pings < std::uint64_t{kUsualRounds} * runs.series.size();
  const bool has_time = runs.runs == 1 && runs.header.find("time_ns");
  if (runs.runs == 0 || (!is_short && !has_time) || statistic.name() != "min") {
    return std::nullopt;
  }
  double distances = 0;
  std::size_t count = 0;
  for (const auto& [size, rtts] : runs.series) {
    if (rtts.size() >= kFastest) {
      const double fourth =
          rtts.quantile_ns((kFastest - 1.0) / (static_cast<double>(rtts.size()) - 1));
      distances += (fourth - static_cast<double>(rtts.minimum().count())) / (kFastest - 1.0);
      ++count;
    }
  }
  if (count == 0) {
    return std::nullopt;
  }
  const double deviation = kBetween * distances / static_cast<double>(count);
  const auto reference = static_cast<double>(runs.series.begin()->second.minimum().count());
  return reference > 0 ? std::optional(2 * std::sqrt(2.0) * deviation / reference) : std::nullopt;
}

// Of a run that broke off, at the end that did not measure it.
std::string place_of_samples(const LinkRuns& runs) {
  constexpr std::size_t kDigits = 8;  // of the run's id: enough to find it
  const auto place = runs.header.find("samples_at");
  if (runs.samples() > 0 || !place) {
    return {};
  }
  return fmt::format("no samples here: the {} measured this run and has those so far (run {})",
                     visible(*place),
                     visible(runs.header.find("run_id").value_or("").substr(0, kDigits)));
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

std::string period(const LinkRuns& runs) {
  if (runs.header.is_virtual()) {
    return "virtual time";
  }
  return runs.first_start ? period(*runs.first_start, *runs.last_start) : std::string();
}

std::string period(std::chrono::sys_time<Duration> first_start,
                   std::chrono::sys_time<Duration> last_start) {
  const auto calendar = [](std::chrono::sys_time<Duration> time) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
    return fmt::gmtime(std::chrono::system_clock::to_time_t(seconds));
  };
  const std::tm first = calendar(first_start);
  const std::tm last = calendar(last_start);
  return first.tm_yday == last.tm_yday && first.tm_year == last.tm_year
             ? fmt::format("{:%Y-%m-%d %H:%M} UTC", first)
             : fmt::format("{:%Y-%m-%d} to {:%Y-%m-%d}", first, last);
}

PenaltyTable penalty_table(const LinkRuns& runs, Statistic statistic) {
  PenaltyTable table{
      .link = runs.key.name(),
      .mss = runs.key.mss,
      .statistic = statistic,
      .runs = runs.runs,
      .partial_runs = runs.partial_runs,
      .browser_runs = runs.browser_runs,
      .moved_runs = runs.moved_runs,
      .fewest_rounds = runs.fewest_rounds,
      .most_rounds = runs.most_rounds,
      .is_shuffled = runs.header.find("order") == "shuffled" && !runs.varying.contains("order"),
      .samples = runs.samples(),
      .fewest_samples = 0,
      .relative_error = 0,
      .lost = runs.lost,
      .resent = runs.resent,
      .unstamped = runs.unstamped,
      .clock = runs.clock,
      .differing = runs.differing,
      .sizes = 0,
      .senders = {runs.senders.begin(), runs.senders.end()},
      .receivers = {runs.receivers.begin(), runs.receivers.end()},
      .labels = {runs.labels.begin(), runs.labels.end()},
      .congestion_control =
          std::string(runs.header.find("effective_congestion_control").value_or("")),
      .when = period(runs),
      .last_day = last_day(runs),
      .first_start = runs.header.is_virtual() ? std::nullopt : runs.first_start,
      .last_start = runs.header.is_virtual() ? std::nullopt : runs.last_start,
      .samples_elsewhere = place_of_samples(runs),
      .warnings = warnings_in_words(runs),
      .reference_size = {},
      .filling = {},
      .second = {},
      .fourth = {},
      .fitted = runs.key.mss ? combine(runs.fits, *runs.key.mss) : FittedPenalties{},
      .uncertainty = uncertainty_of(runs, statistic),
      .largest = {},
      .classes = {}};
  table.fitted.too_short = runs.short_runs;
  double reference = 0;
  std::optional<SizePoint> last;
  std::map<std::uint32_t, std::vector<SizePoint>> points_of_class;
  for (const auto& [size, rtts] : runs.series) {
    const auto ns = statistic.ns_of(rtts);
    if (!ns) {
      continue;
    }
    if (statistic.is_rounded(rtts)) {
      table.relative_error = SampleSketch::kRelativeError;
    }
    ++table.sizes;
    const SizePoint point{.size = size, .ns = *ns, .samples = &rtts};
    table.fewest_samples = table.reference_size
                               ? std::min<std::uint64_t>(table.fewest_samples, rtts.size())
                               : rtts.size();
    if (!table.reference_size) {
      table.reference_size = size;
      table.reference_rtt = rounded(*ns);
      table.reference_levels = levels_of({point});
      reference = *ns;
    }
    if (runs.key.mss) {
      points_of_class[segments_needed(size, *runs.key.mss)].push_back(point);
    }
    last = point;
  }
  if (!runs.key.mss && last && last->size != *table.reference_size) {
    table.largest = penalty_of({*last}, reference);
  }
  for (const auto& [segments, points] : points_of_class) {
    table.classes.push_back({.segments = segments,
                             .sizes = static_cast<std::uint32_t>(points.size()),
                             .penalty = penalty_of(points, reference)});
  }
  if (is_too_short_for_browser(table)) {
    table.fitted = {};
    return table;
  }
  if (points_of_class.size() < 2 || !points_of_class.contains(1)) {
    return table;
  }
  if (const auto& ones = points_of_class[1]; ones.size() > 1) {
    table.filling = penalty_of({ones.back()}, reference);
  }
  for (const auto& [segments, row] : {std::pair(2U, &table.second), std::pair(4U, &table.fourth)}) {
    if (points_of_class.contains(segments)) {
      *row = penalty_of(points_of_class[segments], reference);
    }
  }
  return table;
}

double reference_excess(const PenaltyTable& table) {
  if (!why_no_penalties(table).empty()) {
    return 0;
  }
  const Duration in_class = table.classes.front().penalty.rtt;
  return std::max(0.0, static_cast<double>((table.reference_rtt - in_class).count()) /
                           static_cast<double>(in_class.count()));
}

std::string why_no_penalties(const PenaltyTable& table) {
  if (!table.reference_size) {
    if (table.unstamped > 0) {
      return "no sample has a kernel RTT: measure with --timestamps software";
    }
    return table.samples_elsewhere.empty() ? "no counted samples" : table.samples_elsewhere;
  }
  if (!table.mss) {
    return "MSS unknown: no boundaries shown";
  }
  if (is_too_short_for_browser(table)) {
    return fmt::format(
        "measured with a browser, whose own part of an RTT below {} may be more than 1 % of it",
        format_duration(kShortestRttOfBrowsers));
  }
  if (table.classes.front().segments > 1) {
    return "no size fits in one packet: no reference for penalties";
  }
  if (table.classes.size() == 1) {
    return fmt::format("every size is one packet (MSS {}): no boundary was crossed",
                       table.mss->bytes());
  }
  return {};
}

}  // namespace tcpstep
