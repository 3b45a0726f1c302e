#include "lib/compare/history.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "lib/base/text.h"
#include "lib/report/rows.h"
#include "lib/stats/change_points.h"
#include "lib/stats/creep.h"
#include "lib/stats/estimators.h"

namespace tcpstep {
namespace {

constexpr std::size_t kNearby = 2;   // points from a change: it is placed no better than that
constexpr double kCreepShare = 0.2;  // of alpha
constexpr double kStray = 4;         // standard deviations: farther out than noise

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

// Whether the points of that stretch all lie on one side of `usual`, farther away than `reach`.
bool is_apart(const ContrastColumn& values, Stretch points, double usual, double reach) {
  const auto at = [&](std::size_t point) {
    return values.begin() + static_cast<std::ptrdiff_t>(point);
  };
  const auto is_all = [&](double sign) {
    return std::all_of(at(points.begin), at(points.end),
                       [&](double value) { return sign * (value - usual) > reach; });
  };
  return is_all(1) || is_all(-1);
}

// As many of the newest points as stand apart, as long as they are fewer than a change takes.
void look_for_unconfirmed(History& history, double least) {
  const HistoryColumn& column = history.columns.front();
  const std::size_t begin = history.changes.empty() ? 0 : history.changes.back().first;
  const std::size_t end = history.points.size();
  if (history.creep || column.contrast != Contrast{.family = Family::Floor}) {
    return;
  }
  for (std::size_t newest = kFewestInSegment - 1; newest > 0; --newest) {
    const std::size_t first = end - newest;
    if (end - begin < newest + kFewestInSegment) {
      continue;
    }
    std::vector<double> before(column.values.begin() + static_cast<std::ptrdiff_t>(begin),
                               column.values.begin() + static_cast<std::ptrdiff_t>(first));
    const double usual = median_of(before);
    for (double& value : before) {
      value = std::abs(value - usual);
    }
    const double reach = std::max(least, kStray * kNormalMad * median_of(std::move(before)));
    if (is_apart(column.values, {first, end}, usual, reach)) {
      if (newest + 1 == kFewestInSegment &&
          is_apart(column.values, {first - 1, end}, usual, reach)) {
        return;  // enough of them, and yet no change: the level alternates, or scatters
      }
      const double now = median_of({column.values.begin() + static_cast<std::ptrdiff_t>(first),
                                    column.values.begin() + static_cast<std::ptrdiff_t>(end)});
      history.unconfirmed = UnconfirmedChange{.first = first,
                                              .change = now - usual,
                                              .before_ns = std::exp(usual),
                                              .now_ns = std::exp(now)};
      return;
    }
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
  const auto& visible = history.columns.front().visible;
  if (history.trend == Trend::Steady && visible &&
      std::expm1(*visible) > history.settings.sensitivity) {
    history.trend = Trend::Inconclusive;
    if (history.unconfirmed) {
      history.refuse(history.unconfirmed_words(), "Measure again.");
      return;
    }
    history.refuse(
        fmt::format("no change found, but in the newest {} only one of {} would have been found: "
                    "the {} scatter too much",
                    count_of(kFewestInSegment, history.unit()), sensitivity_or_more(*visible),
                    count_of(history.points.size(), history.unit())),
        "Make longer runs, pin both programs to processors (--cpu), measure more often, or use "
        "--by day. --sensitivity sets the limit.");
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

std::string_view History::unit() const {
  return settings.unit == HistoryUnit::Day ? "day" : "run";
}

std::string History::unconfirmed_words() const {
  const double factor = std::exp(unconfirmed->change);
  const double percent = 100 * std::abs(factor - 1);
  const std::string distance = factor > kTenfold
                                   ? fmt::format("at {:.0f} times", factor)
                                   : fmt::format("{:.{}f} % {}", percent, percent < 10 ? 1 : 0,
                                                 factor > 1 ? "above" : "below");
  const auto time = [](double ns) { return short_duration(Duration(std::llround(ns))); };
  const std::size_t newest = points.size() - unconfirmed->first;
  const std::string subject =
      newest == 1 ? fmt::format("{} is", unit()) : fmt::format("{} are", count_of(newest, unit()));
  return fmt::format(
      "the newest {} {} the level before ({} to {}); a change is reported once {} "
      "confirm it ({} more)",
      subject, distance, time(unconfirmed->before_ns), time(unconfirmed->now_ns),
      count_of(kFewestInSegment, unit()), kFewestInSegment - newest);
}

std::string sensitivity_words(double visible) {
  const double factor = std::exp(visible);
  return factor > kTenfold ? std::string("more than tenfold")
         : factor > 2      ? fmt::format("{:.1f} times", factor)
                           : fmt::format("{:.1f} %", 100 * (factor - 1));
}

std::string sensitivity_or_more(double visible) {
  const std::string words = sensitivity_words(visible);
  return words.starts_with("more") ? words : fmt::format("about {} or more", words);
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
  look_for_unconfirmed(history, least.front());
  conclude(history, lossy_newest_);
  if (history.unconfirmed && history.unconfirmed->first + 1 == history.points.size() &&
      history.trend != Trend::Inconclusive) {
    history.unconfirmed.reset();  // a single slow run is an outlier
  }
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
