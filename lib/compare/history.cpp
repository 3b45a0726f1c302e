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
  std::vector<ReducedRun> runs;
  std::vector<std::size_t> begins;  // of the points in `runs`, and the end of the last one

  [[nodiscard]] std::vector<const RunHeader*> headers(std::size_t begin, std::size_t end) const {
    std::vector<const RunHeader*> all;
    for (std::size_t run = begin; run < end; ++run) {
      all.push_back(runs[run].header.get());
    }
    return all;
  }
};

Series series_of(History& history, std::vector<ReducedRun> runs) {
  using std::chrono::days;
  using std::chrono::floor;
  Series series;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const ReducedRun& run = runs[i];
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

void check_runs(History& history, const Series& series, std::size_t times) {
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
  if (!history.settings.ignores_environment && !series.runs.empty()) {
    for (std::string& reason : why_not_comparable(series.headers(0, series.runs.size()), {})) {
      refuse(history, std::move(reason),
             "To treat them as one series anyway: --ignore-environment.");
    }
  }
}

CommonSizes choose_sizes(History& history, const std::vector<ReducedRun>& runs) {
  std::vector<const SampleCounts*> counts;
  for (const ReducedRun& run : runs) {
    counts.push_back(run.counts.get());
  }
  CommonSizes common = common_sizes(counts);
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

// Where the times have steps, if that is known.
std::optional<MssFit> fit_of(const std::vector<ReducedRun>& runs,
                             const std::vector<PayloadSize>& sizes) {
  std::vector<SizeTime> times;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    std::vector<double> floors;
    for (const ReducedRun& run : runs) {
      if (run.contrasts.floors.size() == sizes.size()) {
        floors.push_back(run.contrasts.floors[i]);
      }
    }
    if (floors.empty()) {
      return std::nullopt;
    }
    times.push_back({.size = sizes[i], .ns = std::exp(median_of(std::move(floors)))});
  }
  return fit_mss(times);
}

// As the oldest run that knows its MSS declares it, or as the times suggest.
Classes choose_classes(const std::vector<ReducedRun>& runs, const CommonSizes& common) {
  std::optional<Mss> declared;
  for (const ReducedRun& run : runs) {
    declared = declared ? declared : run.key.mss;
  }
  return classes_by(declared, declared ? std::nullopt : fit_of(runs, common.sizes), "the");
}

// Of those that all runs have; at each point the median over its runs.
std::vector<HistoryColumn> columns_of(const Series& series) {
  std::map<Contrast, ContrastColumn> all;
  for (const ReducedRun& run : series.runs) {
    for (const auto& [name, value] : run.contrasts.values) {
      all[name].push_back(value);
    }
  }
  std::vector<HistoryColumn> columns;
  for (const auto& [name, of_runs] : all) {
    if (of_runs.size() < series.runs.size()) {  // a tail may be too short in some runs
      continue;
    }
    HistoryColumn column{.contrast = name, .values = {}, .visible = {}};
    for (std::size_t point = 0; point + 1 < series.begins.size(); ++point) {
      const auto at = [begin = of_runs.begin()](std::size_t run) {
        return begin + static_cast<std::ptrdiff_t>(run);
      };
      column.values.push_back(median_of({at(series.begins[point]), at(series.begins[point + 1])}));
    }
    columns.push_back(std::move(column));
  }
  return columns;
}

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
  const ChangeSearch search = find_changes(columns, least, alpha * (1 - kCreepShare));
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

namespace {

// Of the caption of a history, only the fastest ping of each size counts.
void keep_fastest(Run& run) {
  for (auto& [size, series] : run.series) {
    if (!series.rtts.empty()) {
      series.rtts = SampleSketch{series.rtts.minimum()};
    }
  }
}

}  // namespace

// Reads series, again until all their runs are reduced alike.
class SeriesReader {
 public:
  explicit SeriesReader(const HistorySettings& settings) : settings_(settings) {}

  std::vector<LinkSeries> read(const RunSource& source) {
    std::vector<LinkSeries> all;
    bool is_right = false;
    while (!is_right) {
      read_once(source);
      is_right = true;
      all.clear();
      for (const LinkKey& link : order_) {
        if (auto series = series_of_link(link)) {
          all.push_back(std::move(*series));
        } else {
          is_right = false;
        }
      }
    }
    return all;
  }

 private:
  struct Link {
    std::vector<ReducedRun> runs;
    RunCollection all;  // for the caption
  };

  void read_once(const RunSource& source) {
    RunReducer reducer(reductions_);
    links_.clear();
    order_.clear();
    source([&](Run run) -> std::function<void()> {
      auto reduced = std::make_shared<ReducedRun>(reducer.reduce(run));
      keep_fastest(run);
      return [this, reduced, run = std::make_shared<Run>(std::move(run))] {
        const LinkKey link = without_mss(reduced->key);
        if (!links_.contains(link)) {
          order_.push_back(link);
        }
        links_[link].all.add(*run);
        links_[link].runs.push_back(std::move(*reduced));
      };
    });
  }

  // Nothing if its runs have to be read again.
  std::optional<LinkSeries> series_of_link(const LinkKey& link) {
    Link& given = links_[link];
    LinkSeries result;
    History& history = result.begun_;
    history.link = link.name();
    history.settings = settings_;
    history.given = given.runs.size();
    history.caption = caption_of(given.all);
    UsableRuns usable = usable_runs(std::move(given.runs), kFewestInSegment, settings_.plausible);
    history.notes = std::move(usable.notes);
    result.lossy_newest_ = std::move(usable.lossy_newest);
    const Series series = series_of(history, std::move(usable.runs));
    check_runs(history, series, usable.times);
    if (!history.reasons.empty()) {
      return result;
    }
    const CommonSizes common = choose_sizes(history, series.runs);
    if (!history.reasons.empty()) {
      return result;
    }
    Classes classes = choose_classes(series.runs, common);
    const Reduction right{
        .sizes = common.sizes,
        .settings = {.mss = classes.boundary(), .rounds = common.rounds, .draws = common.draws}};
    if (!std::ranges::all_of(series.runs,
                             [&](const ReducedRun& run) { return run.by && *run.by == right; })) {
      reductions_[link] = std::make_shared<const Reduction>(right);
      return std::nullopt;
    }
    history.mss = classes.mss;
    if (!classes.note.empty()) {
      history.notes.push_back(std::move(classes.note));
    }
    history.columns = columns_of(series);
    for (std::size_t point = 0; point < history.points.size(); ++point) {
      result.headers_.push_back(series.headers(series.begins[point], series.begins[point + 1]));
    }
    for (const ReducedRun& run : series.runs) {
      result.owners_.push_back(run.header);
    }
    return result;
  }

  const HistorySettings& settings_;
  RunReducer::Reductions reductions_;
  std::map<LinkKey, Link> links_;
  std::vector<LinkKey> order_;
};

std::vector<LinkSeries> read_series(const RunSource& read, const HistorySettings& settings) {
  return SeriesReader(settings).read(read);
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
