#include "lib/compare/history.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <span>
#include <utility>

#include "lib/base/text.h"
#include "lib/stats/change_points.h"
#include "lib/stats/creep.h"
#include "lib/stats/estimators.h"

namespace tcpstep {
namespace {

constexpr double kFewestInSeries = 0.5;  // of all sizes
constexpr std::size_t kNearby = 2;       // points from a change: it is placed no better than that
constexpr double kCreepShare = 0.2;      // of alpha

void refuse(History& history, std::string reason, std::string_view remedy) {
  history.reasons.push_back(std::move(reason));
  if (history.remedy.empty()) {
    history.remedy = remedy;
  }
}

std::string_view unit_of(const History& history) {
  return history.settings.unit == HistoryUnit::Day ? "day" : "run";
}

// The runs of one link in the order in time, and which of them make a point.
struct Series {
  std::vector<Run> runs;
  std::vector<std::size_t> begins;  // of the points in `runs`, and the end of the last one

  [[nodiscard]] std::span<const Run> of_point(std::size_t point) const {
    return std::span(runs).subspan(begins[point], begins[point + 1] - begins[point]);
  }
};

Series series_of(History& history, std::vector<Run> runs) {
  using std::chrono::days;
  using std::chrono::floor;
  Series series;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const Run& run = runs[i];
    if (history.settings.unit == HistoryUnit::Day && !history.points.empty() &&
        floor<days>(history.points.back().started) == floor<days>(*run.started)) {
      ++history.points.back().runs;
      continue;
    }
    series.begins.push_back(i);
    history.points.push_back({.name = run.name, .started = *run.started, .runs = 1});
  }
  series.begins.push_back(runs.size());
  series.runs = std::move(runs);
  history.runs = series.runs.size();
  return series;
}

void check_runs(History& history, std::span<const Run> runs, std::size_t times) {
  if (history.points.size() < kFewestToSearch) {
    refuse(history,
           fmt::format("{}; at least {} are required",
                       count_of(history.points.size(), fmt::format("usable {}", unit_of(history))),
                       kFewestToSearch),
           "Measure the link regularly and keep the result files.");
  } else if (times < kFewestToSearch) {
    refuse(
        history,
        fmt::format("the runs have only {}: their order is unknown", count_of(times, "start time")),
        "Each run needs its own started_utc in the header.");
  }
  if (!history.settings.ignores_environment && !runs.empty()) {
    for (std::string& reason : why_not_comparable(runs, {})) {
      refuse(history, std::move(reason),
             "To treat them as one series anyway: --ignore-environment.");
    }
  }
}

CommonSizes choose_sizes(History& history, std::span<const Run* const> runs) {
  CommonSizes common = common_sizes(runs);
  history.rounds = common.rounds;
  history.sizes = common.sizes.size();
  if (common.sizes.empty() || !common.are_most(kFewestInSeries)) {
    refuse(history,
           fmt::format("only {} of {} payload sizes have enough samples in every run",
                       common.sizes.size(), common.measured),
           "Give runs with the same --sizes.");
  }
  return common;
}

// As the oldest run that knows its MSS declares it, or as the times suggest.
Mss choose_classes(History& history, std::span<const Run* const> runs, const CommonSizes& common) {
  std::optional<Mss> declared;
  for (const Run* run : runs) {
    declared = declared ? declared : run->key.mss;
  }
  std::optional<MssFit> fit;
  if (!declared) {
    const ContrastTable table = floors_of(runs, common.sizes, common.rounds, common.draws);
    std::vector<SizeTime> times;
    for (std::size_t i = 0; i < common.sizes.size(); ++i) {
      times.push_back({.size = common.sizes[i], .ns = std::exp(median_of(table.floors[i]))});
    }
    fit = fit_mss(times);
  }
  Classes classes = classes_by(declared, fit, "the");
  history.mss = classes.mss;
  if (!classes.note.empty()) {
    history.notes.push_back(std::move(classes.note));
  }
  return classes.boundary();
}

// Floors and tails, at each point the median over its runs.
std::vector<HistoryColumn> columns_of(const ContrastTable& table, const Series& series) {
  std::vector<HistoryColumn> columns;
  for (std::size_t c = 0; c < table.names.size(); ++c) {
    const Family family = table.names[c].family;
    if (family != Family::Floor && family != Family::Tail) {
      continue;
    }
    HistoryColumn column{.contrast = table.names[c], .values = {}, .visible = {}};
    for (std::size_t point = 0; point + 1 < series.begins.size(); ++point) {
      const auto at = [&](std::size_t run) {
        return table.columns[c].begin() + static_cast<std::ptrdiff_t>(run);
      };
      column.values.push_back(median_of({at(series.begins[point]), at(series.begins[point + 1])}));
    }
    columns.push_back(std::move(column));
  }
  return columns;
}

std::vector<EnvironmentChange> environment_near(const Series& series, std::size_t first) {
  std::vector<EnvironmentChange> changes;
  const std::size_t points = series.begins.size() - 1;
  const std::size_t begin = std::max<std::size_t>(1, first - std::min(first, kNearby));
  for (std::size_t point = begin; point < std::min(points, first + kNearby + 1); ++point) {
    for (EnvironmentDifference& difference :
         environment_differences(series.of_point(point - 1), series.of_point(point))) {
      changes.push_back({.point = point, .difference = std::move(difference)});
    }
  }
  return changes;
}

// Of each column, as find_changes() needs it.
std::vector<double> least_changes(const History& history) {
  std::vector<double> least;
  for (const HistoryColumn& column : history.columns) {
    least.push_back(smallest_change(column.contrast.family, history.settings.minimum_effect));
  }
  return least;
}

// `p` is adjusted for all tests of the history.
ContrastChange change_of(const Contrast& contrast, const ColumnChange& change, double p,
                         double alpha, double least) {
  const bool is_hit = p <= alpha;
  return {.contrast = contrast,
          .change = change.shift,
          .low = change.low,
          .high = change.high,
          .p = p,
          .is_slower = is_hit && change.shift >= least,
          .is_faster = is_hit && change.shift <= -least,
          .before_ns = {},
          .now_ns = {}};
}

// Points of a column, from the first to the one after the last.
struct Stretch {
  std::size_t begin;
  std::size_t end;
};

void add_times(ContrastChange& change, const HistoryColumn& column, Stretch before, Stretch now) {
  if (change.contrast.family != Family::Floor) {
    return;
  }
  const auto median = [&](Stretch points) {
    const auto at = [&](std::size_t point) {
      return column.values.begin() + static_cast<std::ptrdiff_t>(point);
    };
    return std::exp(median_of({at(points.begin), at(points.end)}));
  };
  change.before_ns = median(before);
  change.now_ns = median(now);
}

void find_levels(History& history, const Series& series, const std::vector<double>& least) {
  std::vector<ContrastColumn> columns;
  for (const HistoryColumn& column : history.columns) {
    columns.push_back(column.values);
  }
  const double alpha = history.settings.alpha;
  const ChangeSearch search = find_changes(columns, least, alpha * (1 - kCreepShare));
  for (std::size_t i = 0; i < search.changes.size(); ++i) {
    const ChangePoint& found = search.changes[i];
    const std::size_t begin = i == 0 ? 0 : search.changes[i - 1].first;
    const std::size_t end =
        i + 1 < search.changes.size() ? search.changes[i + 1].first : history.points.size();
    HistoryChange change{.first = found.first,
                         .contrasts = {},
                         .environment = environment_near(series, found.first)};
    for (std::size_t c = 0; c < columns.size(); ++c) {
      const double p = std::min(1.0, found.columns[c].p / (1 - kCreepShare));
      change.contrasts.push_back(
          change_of(history.columns[c].contrast, found.columns[c], p, alpha, least[c]));
      add_times(change.contrasts.back(), history.columns[c], {begin, found.first},
                {found.first, end});
    }
    history.changes.push_back(std::move(change));
  }
  for (std::size_t c = 0; c < search.visible.size(); ++c) {
    history.columns[c].visible = search.visible[c];
  }
}

// In the segment since the newest change of level.
void look_for_creep(History& history, const std::vector<double>& least) {
  const std::size_t begin = history.changes.empty() ? 0 : history.changes.back().first;
  if (history.points.size() - begin < kFewestToSearch) {
    return;
  }
  std::vector<ContrastColumn> columns;
  for (const HistoryColumn& column : history.columns) {
    columns.emplace_back(column.values.begin() + static_cast<std::ptrdiff_t>(begin),
                         column.values.end());
  }
  const double alpha = history.settings.alpha;
  const Creep found = find_creep(columns, kCreepShare * alpha);
  HistoryCreep creep{.begin = begin, .third = found.third, .contrasts = {}};
  bool is_found = false;
  for (std::size_t c = 0; c < columns.size(); ++c) {
    const double p = std::min(1.0, found.p[c] / kCreepShare);
    const ColumnChange change{
        .shift = found.shift[c], .low = found.shift[c], .high = found.shift[c], .p = p};
    creep.contrasts.push_back(change_of(history.columns[c].contrast, change, p, alpha, least[c]));
    add_times(creep.contrasts.back(), history.columns[c], {begin, begin + found.third},
              {history.points.size() - found.third, history.points.size()});
    is_found = is_found || creep.contrasts.back().is_slower || creep.contrasts.back().is_faster;
  }
  if (is_found) {
    history.creep = std::move(creep);
  }
}

void conclude(History& history, const std::string& lossy_newest) {
  history.trend = Trend::Steady;
  if (history.creep) {
    history.trend = history.creep->is_slower() ? Trend::Slower : Trend::Faster;
  } else if (!history.changes.empty()) {
    const HistoryChange& newest = history.changes.back();
    history.trend = newest.is_slower()   ? Trend::Slower
                    : newest.is_faster() ? Trend::Faster
                                         : Trend::Steady;
  }
  if (history.trend != Trend::Slower && !lossy_newest.empty()) {
    history.trend = Trend::Inconclusive;
    refuse(history,
           fmt::format("one of the newest {} lost more than 1 % of its pings: {}",
                       count_of(kFewestInSegment, "run"), lossy_newest),
           "Find the cause of the losses: times of such a run cannot be compared.");
  }
  const auto& visible = history.columns.front().visible;
  if (history.trend == Trend::Steady && visible &&
      std::expm1(*visible) > history.settings.sensitivity) {
    history.trend = Trend::Inconclusive;
    refuse(
        history,
        fmt::format("no change found, but only changes of {:.0f} % or more would have been found",
                    100 * std::expm1(*visible)),
        "Measure more often, use --by day, or raise the limit with --sensitivity.");
  }
}

History history_of(std::string link, std::vector<Run> given, const HistorySettings& settings) {
  History history{.link = std::move(link), .settings = settings};
  history.given = given.size();
  UsableRuns usable = usable_runs(std::move(given), kFewestInSegment, settings.plausible);
  history.notes = std::move(usable.notes);
  const Series series = series_of(history, std::move(usable.runs));
  check_runs(history, series.runs, usable.times);
  if (!history.reasons.empty()) {
    return history;
  }
  std::vector<const Run*> runs;
  for (const Run& run : series.runs) {
    runs.push_back(&run);
  }
  const CommonSizes common = choose_sizes(history, runs);
  if (!history.reasons.empty()) {
    return history;
  }
  const Mss classes = choose_classes(history, runs, common);
  history.columns =
      columns_of(contrasts_of(runs, common.sizes,
                              {.mss = classes, .rounds = common.rounds, .draws = common.draws}),
                 series);
  const std::vector<double> least = least_changes(history);
  find_levels(history, series, least);
  look_for_creep(history, least);
  conclude(history, usable.lossy_newest);
  return history;
}

bool has(const std::vector<ContrastChange>& contrasts, bool ContrastChange::*finding) {
  return std::any_of(contrasts.begin(), contrasts.end(),
                     [&](const ContrastChange& contrast) { return contrast.*finding; });
}

}  // namespace

bool HistoryChange::is_slower() const {
  return has(contrasts, &ContrastChange::is_slower);
}
bool HistoryChange::is_faster() const {
  return has(contrasts, &ContrastChange::is_faster);
}
bool HistoryCreep::is_slower() const {
  return has(contrasts, &ContrastChange::is_slower);
}

std::vector<History> histories(std::vector<Run> runs, const HistorySettings& settings) {
  std::vector<LinkKey> links;
  std::map<LinkKey, std::vector<Run>> by_link;
  for (Run& run : runs) {
    LinkKey link = run.key;
    link.mss.reset();  // that it changed is a part of a link's history
    if (!by_link.contains(link)) {
      links.push_back(link);
    }
    by_link[link].push_back(std::move(run));
  }
  std::vector<History> result;
  result.reserve(links.size());
  for (const LinkKey& link : links) {
    RunCollection all;
    for (const Run& run : by_link[link]) {
      all.add(run);
    }
    result.push_back(history_of(link.name(), std::move(by_link[link]), settings));
    result.back().caption = caption_of(all);
  }
  return result;
}

}  // namespace tcpstep
