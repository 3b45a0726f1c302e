#include "lib/compare/history.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "lib/base/text.h"
#include "lib/stats/change_points.h"
#include "lib/stats/creep.h"
#include "lib/stats/estimators.h"

namespace tcpstep {
namespace {

constexpr std::size_t kNearby = 2;   // points from a change: it is placed no better than that
constexpr double kCreepShare = 0.2;  // of alpha

using PointHeaders = std::vector<std::vector<const RunHeader*>>;

std::vector<EnvironmentChange> environment_near(const PointHeaders& headers, std::size_t first) {
  std::vector<EnvironmentChange> changes;
  const std::size_t begin = std::max<std::size_t>(1, first - std::min(first, kNearby));
  for (std::size_t point = begin; point < std::min(headers.size(), first + kNearby + 1); ++point) {
    for (EnvironmentDifference& difference :
         environment_differences(headers[point - 1], headers[point])) {
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

void find_levels(History& history, const PointHeaders& headers, const std::vector<double>& least) {
  std::vector<ContrastColumn> columns;
  for (const HistoryColumn& column : history.columns) {
    columns.push_back(column.values);
  }
  const double alpha = history.settings.alpha;
  const ChangeSearch search =
      find_changes(columns, least, alpha * (1 - kCreepShare), history.settings.threads);
  for (std::size_t i = 0; i < search.changes.size(); ++i) {
    const ChangePoint& found = search.changes[i];
    const std::size_t begin = i == 0 ? 0 : search.changes[i - 1].first;
    const std::size_t end =
        i + 1 < search.changes.size() ? search.changes[i + 1].first : history.points.size();
    HistoryChange change{.first = found.first,
                         .contrasts = {},
                         .environment = environment_near(headers, found.first)};
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
  const Creep found = find_creep(columns, kCreepShare * alpha, history.settings.threads);
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
    history.refuse(fmt::format("one of the newest {} lost more than 1 % of its pings: {}",
                               count_of(kFewestInSegment, "run"), lossy_newest),
                   "Find the cause of the losses: times of such a run cannot be compared.");
  }
  constexpr double kHuge = 1;
  const auto& visible = history.columns.front().visible;
  if (history.trend == Trend::Steady && visible &&
      std::expm1(*visible) > history.settings.sensitivity) {
    history.trend = Trend::Inconclusive;
    history.refuse(

        std::expm1(*visible) > kHuge
            ? std::string("no change found, but even a doubling would not have been: the newest "
                          "runs differ too much")
            : fmt::format(
                  "no change found, but only changes of {:.0f} % or more would have been found",
                  100 * std::expm1(*visible)),
        fmt::format(
            "A change is found once {} are newer. Measure more often, use --by day, or "
            "raise the limit with --sensitivity.",
            count_of(kFewestInSegment, history.settings.unit == HistoryUnit::Day ? "day" : "run")));
  }
}

bool has(const std::vector<ContrastChange>& contrasts, bool ContrastChange::*finding) {
  return std::any_of(contrasts.begin(), contrasts.end(),
                     [&](const ContrastChange& contrast) { return contrast.*finding; });
}

}  // namespace

void History::refuse(std::string reason, std::string_view what_to_do) {
  reasons.push_back(std::move(reason));
  if (remedy.empty()) {
    remedy = what_to_do;
  }
}

bool HistoryChange::is_slower() const {
  return has(contrasts, &ContrastChange::is_slower);
}
bool HistoryChange::is_faster() const {
  return has(contrasts, &ContrastChange::is_faster);
}
bool HistoryCreep::is_slower() const {
  return has(contrasts, &ContrastChange::is_slower);
}

History LinkSeries::search(double alpha) const {
  History history = begun_;
  history.settings.alpha = alpha;
  if (!history.reasons.empty()) {
    return history;
  }
  const std::vector<double> least = least_changes(history);
  find_levels(history, headers_, least);
  look_for_creep(history, least);
  conclude(history, lossy_newest_);
  return history;
}

History LinkSeries::search_among(std::size_t links, double alpha) const {
  History history = search(alpha);
  return history.changes.empty() && !history.creep
             ? history
             : search(alpha / static_cast<double>(std::max<std::size_t>(links, 1)));
}

std::vector<History> histories(const RunSource& read, const HistorySettings& settings) {
  std::vector<History> result;
  for (const LinkSeries& series : read_series(read, settings)) {
    result.push_back(series.search(settings.alpha));
  }
  return result;
}

std::vector<History> histories(const std::vector<Run>& runs, const HistorySettings& settings) {
  const auto read = [&](const TakeRun& take) {
    for (const Run& run : runs) {
      take(run)();
    }
  };
  return histories(RunSource(read), settings);
}

}  // namespace tcpstep
