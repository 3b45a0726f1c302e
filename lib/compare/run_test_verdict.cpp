// The test itself, and what follows from it.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "lib/compare/attribution.h"
#include "lib/compare/by_size.h"
#include "lib/compare/run_test.h"
#include "lib/stats/ranks.h"
#include "lib/stats/student_t.h"

namespace tcpstep {
namespace {

constexpr double kLocalPriorDegrees = 20;
constexpr double kMinimumEffect = 0.02;
constexpr double kTailEffect = 0.25;
constexpr double kConfidence = 0.95;

// The largest number of ns that divides every sample: the tick of a coarse timer.
double tick_of(const std::vector<const Run*>& runs) {
  Duration::rep tick = 0;
  for (const Run* run : runs) {
    for (const PayloadSize size : run->sizes()) {
      for (const Duration rtt : run->samples_of(size)) {
        if (tick != 1) {
          tick = std::gcd(tick, rtt.count());
        }
      }
    }
  }
  return static_cast<double>(tick);
}

}  // namespace

double RunTest::smallest_change(Family family) const {
  const double effect = settings_.minimum_effect.value_or(kMinimumEffect);
  return std::log1p(family == Family::Tail ? std::max(effect, kTailEffect) : effect);
}

// What the sides differ by, without any claim.
void RunTest::estimate_only() {
  result_.by_size = levels_by_size(table_, order_);
  for (std::size_t c = 0; c < table_.names.size(); ++c) {
    std::vector<double> values[2];
    for (std::size_t run = 0; run < runs_.size(); ++run) {
      values[static_cast<std::size_t>(order_[run])].push_back(table_.columns[c][run]);
    }
    result_.contrasts.push_back(
        {.contrast = table_.names[c], .change = median_of(values[1]) - median_of(values[0])});
  }
}

void RunTest::test_all() {
  const MaxT test = max_t();
  const std::size_t overall = static_cast<std::size_t>(
      std::find(table_.names.begin(), table_.names.end(), Contrast{.family = Family::Floor}) -
      table_.names.begin());
  const ContrastColumn& floor = table_.columns[overall];
  const double mean_floor = std::exp(std::accumulate(floor.begin(), floor.end(), 0.0) /
                                     static_cast<double>(floor.size()));
  const double tick_variance = std::pow(tick_of(runs_) / mean_floor, 2) / 12;
  const double added = is_ranked_ ? 0 : tick_variance;
  const FamilyTest main =
      test.test(is_ranked_ ? ranked(table_.columns) : table_.columns, {.added = added});
  const FamilyTest local =
      test.test(table_.locals, {.added = tick_variance, .prior_degrees = kLocalPriorDegrees});
  const auto degrees = static_cast<double>(test.degrees());
  const double critical = student_t_quantile((1 + kConfidence) / 2, degrees);
  const double simultaneous =
      main.largest[static_cast<std::size_t>(
                       std::ceil(kConfidence * static_cast<double>(main.largest.size()))) -
                   1];
  result_.by_size = levels_by_size(table_, order_);
  for (std::size_t i = 0; i < table_.sizes.size(); ++i) {
    const auto [low, high] = test.interval(table_.floors[i], critical, false, tick_variance);
    SizeChange& size = result_.by_size[i];
    size.low = low;
    size.high = high;
    size.change = (low + high) / 2;
  }
  double excluded = -1;
  for (std::size_t c = 0; c < table_.names.size(); ++c) {
    const Contrast name = table_.names[c];
    const ContrastColumn& column = table_.columns[c];
    const ContrastTest& tested = main.contrasts[c];
    const double change = is_ranked_ ? hodges_lehmann(column, order_, blocks_) : tested.shift;
    const auto [low, high] = test.interval(column, critical, is_ranked_, added);
    result_.contrasts.push_back({.contrast = name,
                                 .change = change,
                                 .low = low,
                                 .high = high,
                                 .p_slower = tested.p_slower,
                                 .p_faster = tested.p_faster,
                                 .is_slower = tested.p_slower <= alpha_ * (1 - kLocalShare) &&
                                              change >= smallest_change(name.family),
                                 .is_faster = tested.p_faster <= alpha_ * (1 - kLocalShare) &&
                                              change <= -smallest_change(name.family)});
    if (name.family == Family::Floor) {
      excluded = std::max(excluded, test.interval(column, simultaneous, is_ranked_, added).second);
    }
  }
  for (std::size_t i = 0; i < table_.sizes.size(); ++i) {
    const ContrastTest& tested = local.contrasts[i];
    if (tested.p_slower <= alpha_ * kLocalShare && tested.shift >= smallest_change(Family::Floor)) {
      result_.locals.push_back(
          {.size = table_.sizes[i], .change = tested.shift, .p_slower = tested.p_slower});
    }
  }
  conclude(excluded);
}

void RunTest::conclude(double excluded) {
  const bool is_hit = !result_.locals.empty() ||
                      std::any_of(result_.contrasts.begin(), result_.contrasts.end(),
                                  [](const ContrastResult& row) { return row.is_slower; });
  result_.verdict = is_hit ? Verdict::Regression : Verdict::NoRegression;
  result_.excluded = excluded;
  if (is_hit) {
    std::set<std::uint32_t> classes;
    for (const PayloadSize size : sizes_) {
      classes.insert(segments_needed(size, classes_));
    }
    result_.attribution = attribution_of(result_, {classes.begin(), classes.end()});
    return;
  }
  const double rise = std::expm1(excluded);
  if (rise > settings_.tolerance) {
    const double runs = std::min(result_.baseline.runs, result_.candidate.runs);
    result_.runs_for_tolerance = static_cast<std::uint32_t>(
        std::min(1e6, std::ceil(runs * std::pow(rise / settings_.tolerance, 2))));
  }
}

// Runs that are far off in level, beyond what the others' spread explains.
void RunTest::look_for_slow_mode() {
  const ContrastColumn& floor = table_.columns[0];
  std::vector<double> values[2];
  for (std::size_t run = 0; run < runs_.size(); ++run) {
    values[static_cast<std::size_t>(order_[run])].push_back(floor[run]);
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
  const double deviation = std::sqrt(squares / static_cast<double>(runs_.size() - 2));
  result_.run_deviation = deviation;
  std::vector<double> distances;
  distances.reserve(rest.size());
  for (const double value : rest) {
    distances.push_back(std::abs(value));
  }
  constexpr double kNormalIqr = 1.349;  // standard deviations between a normal law's quartiles
  constexpr double kNormalMad = 1.4826;
  const double by_quartiles = (quantile_of(rest, 0.75) - quantile_of(rest, 0.25)) / kNormalIqr;
  const double robust = kNormalMad * median_of(distances);
  const auto far = std::count_if(distances.begin(), distances.end(),
                                 [&](double distance) { return distance > 5 * robust; });
  constexpr double kNotable = 1e-3;  // 0.1 %: nothing to worry about below it
  if (deviation > kNotable && (deviation > 3 * by_quartiles || far >= 2)) {
    result_.notes.push_back(
        fmt::format("slow or fast mode in {} of {} runs: pin both programs to their CPUs "
                    "(--cpu), or double the number of runs",
                    std::max<std::ptrdiff_t>(far, 1), runs_.size()));
  }
}

}  // namespace tcpstep
