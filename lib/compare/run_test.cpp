#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <optional>
#include <utility>

#include "lib/base/text.h"
#include "lib/compare/attribution.h"
#include "lib/compare/comparison.h"
#include "lib/compare/eligibility.h"
#include "lib/compare/refusals.h"
#include "lib/compare/run_order.h"
#include "lib/stats/estimators.h"

namespace tcpstep {
namespace {

constexpr std::size_t kDrawsOfNull = 4999;
constexpr double kRotationCaution = 0.7;  // of alpha: rotation is exact for normal rows only
constexpr double kLocalPriorDegrees = 20;
constexpr double kMinimumEffect = 0.02;
constexpr double kConfidence = 0.95;

// Of an error that all looks together may make, the share of this one.
double of_look(double error, const Comparison& comparison) {
  return error * comparison.settings.looks.share_at(
                     std::min(comparison.baseline.runs, comparison.candidate.runs));
}

// Losses that cannot have risen, whatever the labels, raise no false alarm: their share is left for
// the times.
ErrorLevels levels_of(double alpha, const RunOrder& order) {
  const double whole = alpha * (order.design.law == NullLaw::Rotated ? kRotationCaution : 1);
  return {.main = (can_losses_rise(order) ? 0.7 : 0.8) * whole,
          .local = 0.2 * whole,
          .losses = 0.1 * whole};
}

// Enough draws that a p of the strictest family can be reached.
std::size_t draws_for(const ErrorLevels& levels) {
  return std::max(kDrawsOfNull, static_cast<std::size_t>(2 / levels.losses));
}

// The MSS that the mean floors of a side fit.
std::optional<MssFit> fit_of(const ContrastTable& floors, const RunOrder& order, Side side) {
  std::vector<SizeTime> times;
  for (std::size_t i = 0; i < floors.sizes.size(); ++i) {
    double sum = 0;
    double count = 0;
    for (std::size_t run = 0; run < order.runs.size(); ++run) {
      if (order.design.order[run] == side) {
        sum += floors.floors[i][run];
        ++count;
      }
    }
    times.push_back({.size = floors.sizes[i], .ns = std::exp(sum / count)});
  }
  return fit_mss(times);
}

// By the baseline's MSS, as declared or as its times suggest. Drops sizes, if asked to.
Mss choose_classes(Comparison& result, const RunOrder& order, CommonSizes& common) {
  const ContrastTable floors = floors_of(order.runs, common.sizes, common.rounds, common.draws);
  result.baseline.fit = fit_of(floors, order, Side::Baseline);
  result.candidate.fit = fit_of(floors, order, Side::Candidate);
  Classes classes = classes_by(result.baseline.mss, result.baseline.fit, "the baseline's");
  result.mss = classes.mss;
  if (!classes.note.empty()) {
    result.notes.push_back(std::move(classes.note));
  }
  if (result.settings.ignores_segmentation && result.baseline.mss && result.candidate.mss) {
    std::erase_if(common.sizes, [&](PayloadSize size) {
      return segments_needed(size, *result.baseline.mss) !=
             segments_needed(size, *result.candidate.mss);
    });
    if (common.sizes.empty()) {
      refuse(result, "no payload size needs the same number of segments on both sides", "");
    }
  }
  return classes.boundary();
}

double mean_level(const ContrastColumn& column, const RunOrder& order, Side side) {
  double sum = 0;
  double count = 0;
  for (std::size_t run = 0; run < column.size(); ++run) {
    if (order.design.order[run] == side) {
      sum += column[run];
      ++count;
    }
  }
  return std::exp(sum / count);
}

// The times of both sides, of contrasts that are times.
void add_times(Comparison& result, const ContrastTable& table, const RunOrder& order) {
  for (std::size_t c = 0; c < table.names.size(); ++c) {
    const Family family = table.names[c].family;
    if (family == Family::Floor || family == Family::Median) {
      result.contrasts[c].before_ns = mean_level(table.columns[c], order, Side::Baseline);
      result.contrasts[c].now_ns = mean_level(table.columns[c], order, Side::Candidate);
    }
  }
}

// What the sides differ by, without any claim.
void estimate_only(Comparison& result, const ContrastTable& table, const RunOrder& order) {
  result.by_size = levels_by_size(table, order.design.order);
  for (std::size_t c = 0; c < table.names.size(); ++c) {
    std::vector<double> values[2];
    for (std::size_t run = 0; run < order.runs.size(); ++run) {
      values[static_cast<std::size_t>(order.design.order[run])].push_back(table.columns[c][run]);
    }
    result.contrasts.push_back(
        {.contrast = table.names[c], .change = median_of(values[1]) - median_of(values[0])});
  }
}

// The largest number of ns that divides every sample: the tick of a coarse timer.
double tick_of(const std::vector<const Run*>& runs) {
  Duration::rep tick = 0;
  for (const Run* run : runs) {
    for (const PayloadSize size : run->sizes()) {
      for (const Duration rtt : run->samples_of(size)) {
        if (tick == 1) {
          return 1;
        }
        tick = std::gcd(tick, rtt.count());
      }
    }
  }
  return static_cast<double>(tick);
}

const ContrastColumn& overall_floor(const ContrastTable& table) {
  const auto name =
      std::find(table.names.begin(), table.names.end(), Contrast{.family = Family::Floor});
  return table.columns[static_cast<std::size_t>(name - table.names.begin())];
}

// Everything that the tests need besides the columns.
struct Setting {
  const MaxT& test;
  const RunOrder& order;
  ErrorLevels levels;
  double minimum_effect;
  double tick_variance;
  double critical;  // Student's, for intervals of one contrast
  bool is_ranked;
};

// The t that no floor exceeds by chance, in this look's share of 95 % of all comparisons.
double bound_of_floors(const Comparison& result, const ContrastTable& table,
                       const Setting& setting) {
  std::vector<ContrastColumn> floors;
  for (std::size_t c = 0; c < table.names.size(); ++c) {
    if (table.names[c].family == Family::Floor) {
      floors.push_back(table.columns[c]);
    }
  }
  const std::vector<double> largest =
      setting.is_ranked ? setting.test.test(ranked(floors), {}).largest
                        : setting.test.test(floors, {.added = setting.tick_variance}).largest;
  const double confidence = 1 - of_look(1 - kConfidence, result);
  return largest[static_cast<std::size_t>(
                     std::ceil(confidence * static_cast<double>(largest.size()))) -
                 1];
}

// Fills in the contrasts. Returns the largest rise of any floor that is not ruled out.
double test_contrasts(Comparison& result, const ContrastTable& table, const Setting& setting) {
  const FamilyTest main = setting.is_ranked
                              ? setting.test.test(ranked(table.columns), {})
                              : setting.test.test(table.columns, {.added = setting.tick_variance});
  const double simultaneous = bound_of_floors(result, table, setting);
  double excluded = -1;
  for (std::size_t c = 0; c < table.names.size(); ++c) {
    const Contrast name = table.names[c];
    const ContrastColumn& column = table.columns[c];
    const ContrastTest& tested = main.contrasts[c];
    const auto interval = [&](double critical) {
      return setting.is_ranked ? setting.test.ranked_interval(column, critical)
                               : setting.test.interval(column, critical, setting.tick_variance);
    };
    const double change =
        setting.is_ranked ? hodges_lehmann(column, setting.order.design) : tested.shift;
    const auto [low, high] = interval(setting.critical);
    const double least = smallest_change(name.family, setting.minimum_effect);
    result.contrasts.push_back(
        {.contrast = name,
         .change = change,
         .low = low,
         .high = high,
         .p_slower = tested.p_slower,
         .p_faster = tested.p_faster,
         .is_slower = tested.p_slower <= setting.levels.main && change >= least,
         .is_faster = tested.p_faster <= setting.levels.main && change <= -least});
    if (name.family == Family::Floor) {
      excluded = std::max(excluded, interval(simultaneous).second);
    }
  }
  return excluded;
}

// A step is a difference of two classes: it also grows when the first one becomes faster. Its class
// is called slower if it rose by more than the first one fell.
void judge_steps(Comparison& result) {
  std::map<std::uint32_t, double> floors;
  for (const ContrastResult& row : result.contrasts) {
    if (row.contrast.family == Family::Floor && row.contrast.segments > 0) {
      floors[row.contrast.segments] = row.change;
    }
  }
  for (ContrastResult& row : result.contrasts) {
    if (row.contrast.family == Family::Step) {
      const double both = floors.begin()->second + floors[row.contrast.segments];
      row.is_larger = row.is_slower && both <= 0;
      row.is_slower = row.is_slower && both > 0;
      row.is_faster = row.is_faster && both < 0;
    }
  }
}

// Sizes that became slower than the others of their class, and slower at all.
void test_sizes(Comparison& result, const ContrastTable& table, const Setting& setting) {
  const FamilyTest local = setting.test.test(
      table.locals, {.added = setting.tick_variance, .prior_degrees = kLocalPriorDegrees});
  result.by_size = levels_by_size(table, setting.order.design.order);
  for (std::size_t i = 0; i < table.sizes.size(); ++i) {
    SizeChange& size = result.by_size[i];
    const auto [low, high] =
        setting.test.interval(table.floors[i], setting.critical, setting.tick_variance);
    size.low = low;
    size.high = high;
    size.change = (low + high) / 2;
    const ContrastTest& tested = local.contrasts[i];
    const double of_class = size.change - tested.shift;
    if (tested.p_slower <= setting.levels.local && size.change + of_class > 0 &&
        tested.shift >= smallest_change(Family::Floor, setting.minimum_effect)) {
      result.locals.push_back(
          {.size = table.sizes[i], .change = tested.shift, .p_slower = tested.p_slower});
    }
  }
}

// The classes, or the sizes if there is only one class.
std::vector<Group> groups_of(const Comparison& result, const ContrastTable& table,
                             const Setting& setting) {
  std::vector<Group> groups;
  const auto add = [&](std::uint32_t from, const ContrastColumn& column, double change,
                       bool has_moved) {
    groups.push_back({.from = from,
                      .level_ns = mean_level(column, setting.order, Side::Baseline),
                      .change = change,
                      .rest = setting.test.rest_of(column),
                      .has_moved = has_moved});
  };
  for (std::size_t c = 0; c < table.names.size(); ++c) {
    if (table.names[c].family == Family::Floor && table.names[c].segments > 0) {
      const ContrastResult& row = result.contrasts[c];
      add(table.names[c].segments, table.columns[c], row.change, row.is_slower || row.is_faster);
    }
  }
  if (groups.size() == 1) {
    groups.clear();
    for (std::size_t i = 0; i < table.sizes.size(); ++i) {
      const SizeChange& size = result.by_size[i];
      add(table.sizes[i].bytes(), table.floors[i], size.change, *size.low > 0 || *size.high < 0);
    }
  }
  return groups;
}

bool has(const Comparison& result, bool ContrastResult::*finding) {
  return std::any_of(result.contrasts.begin(), result.contrasts.end(),
                     [&](const ContrastResult& row) { return row.*finding; });
}

void conclude(Comparison& result, const std::vector<Group>& groups, double length,
              const std::optional<LossRise>& losses) {
  const bool is_slower = has(result, &ContrastResult::is_slower) || !result.locals.empty();
  const bool is_faster = has(result, &ContrastResult::is_faster);
  if (is_slower || is_faster) {
    result.attribution = attribution_of(result, groups, length, is_slower);
  }
  const double rise = std::expm1(*result.excluded);
  if (rise > result.settings.tolerance) {
    const double runs = std::min(result.baseline.runs, result.candidate.runs);
    result.runs_for_tolerance = static_cast<std::uint32_t>(std::min(
        1e6, std::max(runs + 1, std::ceil(runs * std::pow(rise / result.settings.tolerance, 2)))));
  }
  if (is_slower) {
    result.verdict = Verdict::Regression;
    result.runs_for_tolerance.reset();
  } else if (result.runs_for_tolerance && !result.settings.is_lenient) {
    result.verdict = Verdict::Inconclusive;
    refuse(
        result,
        is_faster
            ? fmt::format("faster: {}; but elsewhere a slowdown of up to {:.1f} % is not ruled out",
                          result.attribution, 100 * rise)
            : fmt::format("no slowdown found, but one of up to {:.1f} % is not ruled out",
                          100 * rise),
        fmt::format("To rule out {:g} %, about {} runs per side are needed. "
                    "'tcpstep compare --lenient' passes without.",
                    100 * result.settings.tolerance, *result.runs_for_tolerance));
  } else if (losses && !result.settings.is_lenient) {
    result.verdict = Verdict::Inconclusive;
    refuse(result, fmt::format("no slowdown found, but {}: that may be chance", losses->text()),
           "Make more runs. 'tcpstep compare --lenient' passes without.");
  } else {
    result.verdict = is_faster ? Verdict::Faster : Verdict::NoRegression;
  }
}

// Runs whose level is far off, beyond what the spread of the others explains.
void look_for_slow_mode(Comparison& result, const ContrastColumn& floor, const RunOrder& order) {
  std::vector<double> values[2];
  for (std::size_t run = 0; run < floor.size(); ++run) {
    values[static_cast<std::size_t>(order.design.order[run])].push_back(floor[run]);
  }
  std::vector<double> rest;
  double squares = 0;
  for (const auto& side : values) {
    const double mean =
        std::accumulate(side.begin(), side.end(), 0.0) / static_cast<double>(side.size());
    for (const double value : side) {
      rest.push_back(value - median_of(side));
      squares += (value - mean) * (value - mean);
    }
  }
  const double deviation = std::sqrt(squares / static_cast<double>(floor.size() - 2));
  result.run_deviation = deviation;
  std::vector<double> distances;
  for (const double value : rest) {
    distances.push_back(std::abs(value));
  }
  constexpr double kNormalIqr = 1.349;  // standard deviations between a normal law's quartiles
  const double by_quartiles = (quantile_of(rest, 0.75) - quantile_of(rest, 0.25)) / kNormalIqr;
  const double robust = kNormalMad * median_of(distances);
  const auto far = std::count_if(distances.begin(), distances.end(),
                                 [&](double distance) { return distance > 5 * robust; });
  constexpr double kNotable = 1e-3;  // 0.1 %: smaller ones do not matter
  if (deviation > kNotable && (deviation > 3 * by_quartiles || far >= 2)) {
    result.notes.push_back(
        fmt::format("slow or fast mode in {} of {} runs: pin both programs to their CPUs "
                    "(--cpu), or double the number of runs",
                    std::max<std::ptrdiff_t>(far, 1), floor.size()));
  }
}

}  // namespace

Comparison test_runs(Comparison result, std::span<const Run> baseline,
                     std::span<const Run> candidate) {
  const RunOrder order = order_of(baseline, candidate, result.settings.is_exchangeable);
  const ErrorLevels levels = levels_of(of_look(result.settings.alpha, result), order);
  if (result.settings.looks.count > 1) {
    result.notes.push_back(fmt::format(
        "up to {} looks at the verdict share the error rate; the last one has half of it",
        result.settings.looks.count));
  }
  result.blocks = order.blocks;
  result.notes.insert(result.notes.end(), order.notes.begin(), order.notes.end());
  check_runs(result, order, levels);
  note_repeated(result, order);
  std::optional<MaxT> test;
  std::optional<LossRise> losses;
  if (result.reasons.empty()) {
    test.emplace(order.design, draws_for(levels));
    losses = rise_of_losses(order, *test);
    if (losses && losses->p <= levels.losses) {
      result.verdict = Verdict::Regression;
      result.attribution = fmt::format("losses: {}; times were not compared", losses->text());
      return result;
    }
  }
  CommonSizes common = common_sizes(order.runs);
  result.rounds = common.rounds;
  result.sizes = common.sizes.size();
  check_losses(result, order);
  check_sizes(result, common, std::any_of(order.runs.begin(), order.runs.end(), [](const Run* run) {
                return run->sizes().empty();
              }));
  if (common.sizes.empty()) {
    return result;
  }
  const Mss classes = choose_classes(result, order, common);
  result.sizes = common.sizes.size();
  if (common.sizes.empty()) {
    return result;
  }
  const ContrastTable table = contrasts_of(
      order.runs, common.sizes, {.mss = classes, .rounds = common.rounds, .draws = common.draws});
  if (!result.reasons.empty()) {
    estimate_only(result, table, order);
    add_times(result, table, order);
    return result;
  }
  const ContrastColumn& floor = overall_floor(table);
  const double mean_floor = std::exp(std::accumulate(floor.begin(), floor.end(), 0.0) /
                                     static_cast<double>(floor.size()));
  const Setting setting{.test = *test,
                        .order = order,
                        .levels = levels,
                        .minimum_effect = result.settings.minimum_effect.value_or(kMinimumEffect),
                        .tick_variance = std::pow(tick_of(order.runs) / mean_floor, 2) / 12,
                        .critical = student_t_quantile((1 + kConfidence) / 2,
                                                       static_cast<double>(order.design.degrees())),
                        .is_ranked = order.design.law == NullLaw::Shuffled};
  result.excluded = test_contrasts(result, table, setting);
  add_times(result, table, order);
  judge_steps(result);
  test_sizes(result, table, setting);
  conclude(result, groups_of(result, table, setting), test->label_length(), losses);
  look_for_slow_mode(result, floor, order);
  return result;
}

}  // namespace tcpstep
