// The runs of histories, read and reduced: one series for each link.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "lib/base/text.h"
#include "lib/compare/history.h"
#include "lib/stats/change_points.h"
#include "lib/stats/estimators.h"

namespace tcpstep {
namespace {

constexpr double kFewestInSeries = 0.5;  // of all sizes

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
    history.refuse(
        fmt::format("{}; at least {} are required",
                    count_of(history.points.size(), fmt::format("usable {}", history.unit())),
                    kFewestToSearch),
        "Measure the link regularly and keep the result files.");
  } else if (times < kFewestToSearch) {
    history.refuse(

        fmt::format("the runs have only {}: their order is unknown", count_of(times, "start time")),
        "Each run needs its own started_utc in the header.");
  }
  if (!history.settings.ignores_environment && !series.runs.empty()) {
    for (std::string& reason : why_not_comparable(series.headers(0, series.runs.size()), {})) {
      history.refuse(std::move(reason),
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
    history.refuse(fmt::format("only {} of {} payload sizes have enough samples in every run",
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

// Of the caption of a history, only the fastest ping of each size counts.
void keep_fastest(Run& run) {
  for (auto& [size, series] : run.series) {
    if (!series.rtts.empty()) {
      series.rtts.keep_minimum();
    }
  }
}

}  // namespace

// Reads series, again until all their runs are reduced alike: which sizes they share is known after
// the first time, and where no MSS is declared, the classes of these sizes after the second.
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

}  // namespace tcpstep
