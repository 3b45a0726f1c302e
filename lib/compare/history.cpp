#include "lib/compare/history.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <span>
#include <utility>

#include "lib/base/text.h"
#include "lib/compare/usable_runs.h"
#include "lib/stats/change_points.h"
#include "lib/stats/mss_fit.h"
#include "lib/stats/ranks.h"

namespace tcpstep {
namespace {

constexpr std::size_t kDrawsOfMinimum = 10;
constexpr double kFewestCommon = 0.5;  // of all sizes
constexpr double kTailEffect = 0.25;
constexpr std::size_t kNearby = 2;  // points from a change: it is placed no better than that

std::size_t draws_for(std::size_t rounds) {
  return std::max<std::size_t>(1, std::min(kDrawsOfMinimum, rounds));
}

// The history of one link under way.
class Search {
 public:
  Search(History& result, UsableRuns runs)
      : result_(result),
        settings_(result.settings),
        runs_(std::move(runs.runs)),
        times_(runs.times),
        lossy_newest_(std::move(runs.lossy_newest)) {
    result_.notes = std::move(runs.notes);
  }

  void run() {
    result_.runs = runs_.size();
    make_points();
    check();
    if (!result_.reasons.empty()) {
      return;
    }
    choose_sizes();
    if (!result_.reasons.empty()) {
      return;
    }
    choose_mss();
    make_columns();
    find();
    conclude();
  }

 private:
  void make_points() {
    using std::chrono::days;
    using std::chrono::floor;
    for (std::size_t i = 0; i < runs_.size(); ++i) {
      const Run& run = runs_[i];
      if (settings_.unit == HistoryUnit::Day && !result_.points.empty() &&
          floor<days>(result_.points.back().started) == floor<days>(*run.started)) {
        ++result_.points.back().runs;
        continue;
      }
      begins_.push_back(i);
      result_.points.push_back({.name = run.name, .started = *run.started, .runs = 1});
    }
    begins_.push_back(runs_.size());
  }

  void check() {
    const std::string_view unit = settings_.unit == HistoryUnit::Day ? "day" : "run";
    if (result_.points.size() < kFewestToSearch) {
      refuse(fmt::format("{} with runs that count: {} is the least", count_of(points(), unit),
                         kFewestToSearch),
             "Measure the link regularly, and keep the result files of old.");
    } else if (times_ < kFewestToSearch) {
      refuse(fmt::format("the runs have only {}: their order is not known",
                         count_of(times_, "start time")),
             "started_utc in the header has to tell when each run was made.");
    }
    if (!settings_.ignores_environment && !runs_.empty()) {
      for (std::string& reason : why_not_comparable(runs_, {})) {
        refuse(std::move(reason), "If it is one series all the same: --ignore-environment.");
      }
    }
  }

  [[nodiscard]] std::size_t points() const { return result_.points.size(); }

  void choose_sizes() {
    result_.rounds = runs_.front().rounds();
    for (const Run& run : runs_) {
      result_.rounds = std::min(result_.rounds, run.rounds());
    }
    std::map<PayloadSize, std::size_t> whole;
    for (const Run& run : runs_) {
      for (const PayloadSize size : run.sizes()) {
        whole[size] += run.samples_of(size).size() >= draws_for(result_.rounds) ? 1U : 0U;
      }
      all_.push_back(&run);
    }
    for (const auto& [size, count] : whole) {
      if (count == runs_.size()) {
        sizes_.push_back(size);
      }
    }
    result_.sizes = sizes_.size();
    if (static_cast<double>(sizes_.size()) < kFewestCommon * static_cast<double>(whole.size())) {
      refuse(fmt::format("only {} of {} payload sizes have samples in every run", sizes_.size(),
                         whole.size()),
             "Give runs of one choice of --sizes.");
    }
  }

  // As the oldest run that knows it declares it, or as the times tell.
  void choose_mss() {
    const auto declared = std::find_if(runs_.begin(), runs_.end(),
                                       [](const Run& run) { return run.key.mss.has_value(); });
    if (declared != runs_.end()) {
      result_.mss = declared->key.mss;
      return;
    }
    const ContrastTable table = contrasts_with(Mss(PayloadSize::kLargest));
    std::vector<SizeTime> times;
    for (std::size_t i = 0; i < sizes_.size(); ++i) {
      times.push_back({.size = sizes_[i], .ns = std::exp(median_of(table.floors[i]))});
    }
    if (const auto fit = fit_mss(times); fit && fit->gain > kGainOfSteps) {
      result_.mss = Mss((fit->smallest.bytes() + fit->largest.bytes()) / 2);
      result_.notes.push_back(
          fmt::format("the MSS is unknown; the times fit {} to {}, {} was taken",
                      fit->smallest.bytes(), fit->largest.bytes(), result_.mss->bytes()));
    } else {
      result_.notes.emplace_back(
          "the MSS is unknown and the times show no steps: all sizes are one class");
    }
  }

  [[nodiscard]] ContrastTable contrasts_with(Mss mss) const {
    return contrasts_of(all_, sizes_,
                        {.mss = mss, .rounds = result_.rounds, .draws = draws_for(result_.rounds)});
  }

  void make_columns() {
    ContrastTable table = contrasts_with(result_.mss.value_or(Mss(PayloadSize::kLargest)));
    for (std::size_t c = 0; c < table.names.size(); ++c) {
      const Family family = table.names[c].family;
      if (family != Family::Floor && family != Family::Tail) {
        continue;
      }
      HistoryColumn column{.contrast = table.names[c], .values = {}, .visible = {}};
      for (std::size_t point = 0; point < points(); ++point) {
        const auto at = [&](std::size_t run) {
          return table.columns[c].begin() + static_cast<std::ptrdiff_t>(run);
        };
        column.values.push_back(median_of({at(begins_[point]), at(begins_[point + 1])}));
      }
      result_.columns.push_back(std::move(column));
    }
  }

  [[nodiscard]] double least_change(Family family) const {
    return std::log1p(family == Family::Tail ? std::max(kTailEffect, settings_.minimum_effect)
                                             : settings_.minimum_effect);
  }

  void find() {
    std::vector<ContrastColumn> columns;
    std::vector<double> least;
    for (const HistoryColumn& column : result_.columns) {
      columns.push_back(column.values);
      least.push_back(least_change(column.contrast.family));
    }
    const ChangeSearch search = find_changes(columns, least, settings_.alpha);
    for (const ChangePoint& found : search.changes) {
      HistoryChange change{
          .first = found.first, .contrasts = {}, .environment = environment_near(found.first)};
      for (std::size_t c = 0; c < columns.size(); ++c) {
        const ColumnChange& column = found.columns[c];
        const bool is_hit = column.p <= settings_.alpha;
        change.contrasts.push_back({.contrast = result_.columns[c].contrast,
                                    .change = column.shift,
                                    .low = column.low,
                                    .high = column.high,
                                    .p = column.p,
                                    .is_slower = is_hit && column.shift >= least[c],
                                    .is_faster = is_hit && column.shift <= -least[c]});
      }
      result_.changes.push_back(std::move(change));
    }
    for (std::size_t c = 0; c < search.visible.size(); ++c) {
      result_.columns[c].visible = search.visible[c];
    }
  }

  [[nodiscard]] std::vector<EnvironmentChange> environment_near(std::size_t first) const {
    std::vector<EnvironmentChange> changes;
    const auto runs_of = [&](std::size_t point) {
      return std::span(runs_).subspan(begins_[point], begins_[point + 1] - begins_[point]);
    };
    const std::size_t begin = std::max<std::size_t>(1, first - std::min(first, kNearby));
    for (std::size_t point = begin; point < std::min(points(), first + kNearby + 1); ++point) {
      for (EnvironmentDifference& difference :
           environment_differences(runs_of(point - 1), runs_of(point))) {
        changes.push_back({.point = point, .difference = std::move(difference)});
      }
    }
    return changes;
  }

  void conclude() {
    result_.trend = Trend::Steady;
    if (!result_.changes.empty()) {
      const HistoryChange& newest = result_.changes.back();
      result_.trend = newest.is_slower()   ? Trend::Slower
                      : newest.is_faster() ? Trend::Faster
                                           : Trend::Steady;
    }
    if (result_.trend != Trend::Slower && !lossy_newest_.empty()) {
      result_.trend = Trend::Inconclusive;
      refuse(fmt::format("of the newest {} one lost more than 1 % of its pings: {}",
                         count_of(kFewestInSegment, "run"), lossy_newest_),
             "Find out what loses them: times of such a run are not comparable.");
    }
  }

  void refuse(std::string reason, std::string_view remedy) {
    result_.reasons.push_back(std::move(reason));
    if (result_.remedy.empty()) {
      result_.remedy = remedy;
    }
  }

  History& result_;
  const HistorySettings& settings_;
  std::vector<Run> runs_;
  std::size_t times_;
  std::string lossy_newest_;
  std::vector<const Run*> all_;
  std::vector<std::size_t> begins_;  // of the points in runs_, and the end of the last one
  std::vector<PayloadSize> sizes_;
};

}  // namespace

bool HistoryChange::is_slower() const {
  return std::any_of(contrasts.begin(), contrasts.end(),
                     [](const ContrastChange& contrast) { return contrast.is_slower; });
}

bool HistoryChange::is_faster() const {
  return std::any_of(contrasts.begin(), contrasts.end(),
                     [](const ContrastChange& contrast) { return contrast.is_faster; });
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
  for (const LinkKey& link : links) {
    result.push_back({.link = link.name(), .settings = settings});
    Search(result.back(), usable_runs(std::move(by_link[link]), kFewestInSegment)).run();
  }
  return result;
}

}  // namespace tcpstep
