#include "lib/compare/comparison.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/text.h"
#include "lib/compare/attribution.h"
#include "lib/compare/exact.h"
#include "lib/stats/interleaving.h"
#include "lib/stats/max_t.h"
#include "lib/stats/ranks.h"
#include "lib/stats/student_t.h"

namespace tcpstep {
namespace {

constexpr std::size_t kFewestRuns = 4;     // a side
constexpr std::size_t kFewestDegrees = 5;  // n - blocks - 1
constexpr std::size_t kFewestRounds = 5;
constexpr std::size_t kRunsForRanks = 8;  // from here on shuffles suffice, and ranks
constexpr std::size_t kDrawsOfMinimum = 10;
constexpr std::size_t kDrawsOfNull = 4999;
constexpr double kLocalShare = 0.2;  // of alpha, for the sizes one by one
constexpr double kLocalPriorDegrees = 20;
constexpr double kRotationCaution = 0.7;  // of alpha: rotation is exact for normal rows only
constexpr double kMostDropped = 0.01;     // of the pings of a run
constexpr double kFewestCommon = 0.8;     // of all sizes
constexpr double kMinimumEffect = 0.02;
constexpr double kTailEffect = 0.25;
constexpr double kConfidence = 0.95;
constexpr std::string_view kAb = "tcpstep-lab ab --runs 10";

// Each run once; a run of the other side is an error that would look like a pass.
void remove_copies(std::vector<RunSamples>& runs, std::vector<std::string>& notes,
                   std::map<std::string, std::string>& known) {
  std::vector<RunSamples> once;
  std::set<std::string> mine;
  for (RunSamples& run : runs) {
    const auto [place, is_new] = known.emplace(run.identity, run.name);
    if (is_new) {
      mine.insert(run.identity);
      once.push_back(std::move(run));
    } else if (mine.contains(run.identity)) {
      notes.push_back(fmt::format("{} holds the run of {}: counted once", run.name, place->second));
    } else {
      throw WorldError(fmt::format("{} and {} hold the same run", place->second, run.name),
                       "A run compared with itself would always pass. Which is the candidate?");
    }
  }
  runs = std::move(once);
}

SideFacts facts_of(const std::vector<RunSamples>& runs) {
  SideFacts facts{.runs = static_cast<std::uint32_t>(runs.size())};
  for (const RunSamples& run : runs) {
    facts.lost += run.lost;
    facts.retransmitted += run.retransmitted;
  }
  if (!runs.empty() && std::all_of(runs.begin(), runs.end(), [&](const RunSamples& run) {
        return run.header.mss() == runs.front().header.mss();
      })) {
    facts.mss = runs.front().header.mss();
  }
  return facts;
}

bool is_one_mss(const std::vector<RunSamples>& runs) {
  return std::all_of(runs.begin(), runs.end(), [&](const RunSamples& run) {
    return run.header.mss() == runs.front().header.mss();
  });
}

double dropped_share(const RunSamples& run) {
  return run.pings == 0
             ? 1
             : static_cast<double>(run.lost + run.retransmitted) / static_cast<double>(run.pings);
}

// The largest number of ns that divides every sample: the tick of a coarse timer.
double tick_of(const std::vector<const RunSamples*>& runs) {
  Duration::rep tick = 0;
  for (const RunSamples* run : runs) {
    for (const auto& [size, series] : run->series) {
      for (const Duration rtt : series) {
        if (tick != 1) {
          tick = std::gcd(tick, rtt.count());
        }
      }
    }
  }
  return static_cast<double>(tick);
}

// One comparison under way.
class Test {
 public:
  Test(Comparison& result, std::vector<RunSamples>& baseline, std::vector<RunSamples>& candidate)
      : result_(result), settings_(result.settings) {
    for (const RunSamples& run : baseline) {
      runs_.push_back(&run);
      order_.push_back(Side::Baseline);
    }
    for (const RunSamples& run : candidate) {
      runs_.push_back(&run);
      order_.push_back(Side::Candidate);
    }
    has_starts_ = std::all_of(runs_.begin(), runs_.end(),
                              [](const RunSamples* run) { return run->started.has_value(); });
    if (has_starts_) {
      sort_by_start();
    }
    is_ranked_ = std::min(baseline.size(), candidate.size()) >= kRunsForRanks;
    alpha_ = settings_.alpha * (is_ranked_ ? 1 : kRotationCaution);
  }

  void run() {
    choose_sizes();
    if (result_.verdict == Verdict::NotComparable) {
      return;
    }
    choose_blocks();
    check_runs();
    const bool is_testable = result_.reasons.empty();
    check_losses(is_testable);
    if (sizes_.empty() || result_.verdict == Verdict::Regression) {
      return;
    }
    choose_mss();
    if (sizes_.empty()) {
      return;
    }
    table_ =
        contrasts_of(runs_, sizes_, {.mss = classes_, .rounds = result_.rounds, .draws = draws_});
    result_.sizes = sizes_.size();
    if (!result_.reasons.empty()) {
      estimate_only();
      return;
    }
    test_all();
    look_for_slow_mode();
  }

 private:
  void sort_by_start() {
    std::vector<std::size_t> places(runs_.size());
    std::iota(places.begin(), places.end(), std::size_t{0});
    std::stable_sort(places.begin(), places.end(), [&](std::size_t a, std::size_t b) {
      return *runs_[a]->started < *runs_[b]->started;
    });
    std::vector<const RunSamples*> runs;
    std::vector<Side> order;
    for (const std::size_t place : places) {
      runs.push_back(runs_[place]);
      order.push_back(order_[place]);
    }
    runs_ = std::move(runs);
    order_ = std::move(order);
  }

  // Rounds, draws, and the sizes that every run has enough samples of.
  void choose_sizes() {
    std::map<PayloadSize, std::size_t> measured;  // by how many runs
    std::map<PayloadSize, std::size_t> whole;
    std::size_t most_rounds = 0;
    result_.rounds = runs_.front()->rounds;
    for (const RunSamples* run : runs_) {
      result_.rounds = std::min(result_.rounds, run->rounds);
      most_rounds = std::max(most_rounds, run->rounds);
    }
    draws_ = std::max<std::size_t>(1, std::min(kDrawsOfMinimum, result_.rounds));
    for (const RunSamples* run : runs_) {
      for (const auto& [size, series] : run->series) {
        ++measured[size];
        whole[size] += series.size() >= draws_ ? 1U : 0U;
      }
    }
    for (const auto& [size, count] : whole) {
      if (count == runs_.size()) {
        sizes_.push_back(size);
      }
    }
    result_.sizes = sizes_.size();
    const bool is_overlapping =
        std::any_of(measured.begin(), measured.end(),
                    [&](const auto& size) { return size.second == runs_.size(); });
    const bool is_any_empty = std::any_of(
        runs_.begin(), runs_.end(), [](const RunSamples* run) { return run->series.empty(); });
    if (!is_overlapping && !is_any_empty) {
      result_.verdict = Verdict::NotComparable;
      result_.reasons.emplace_back("no payload size was measured in all runs");
      result_.remedy = "Measure both sides with the same --sizes.";
      return;
    }
    if (static_cast<double>(sizes_.size()) < kFewestCommon * static_cast<double>(measured.size())) {
      refuse(fmt::format("only {} of {} payload sizes have samples in every run", sizes_.size(),
                         measured.size()),
             "Measure both sides with the same --sizes.");
    }
    if (most_rounds > result_.rounds && result_.rounds >= kFewestRounds) {
      result_.notes.push_back(fmt::format("runs have {} to {} rounds: the first {} of each count",
                                          result_.rounds, most_rounds, result_.rounds));
    }
  }

  void choose_blocks() {
    blocks_ = blocks_of(order_);
    is_interleaved_ = has_starts_ && count_blocks(blocks_) >= 2;
    if (!is_interleaved_) {
      blocks_.assign(order_.size(), 0);
    }
    result_.blocks = count_blocks(blocks_);
  }

  void check_runs() {
    const SideFacts& before = result_.baseline;
    const SideFacts& after = result_.candidate;
    const std::string more = fmt::format("Make 10 + 10 interleaved runs: {}.", kAb);
    if (std::min(before.runs, after.runs) < kFewestRuns) {
      refuse(fmt::format("{} of the baseline and {} of the candidate: {} + {} is the least, for "
                         "the run is the unit of evidence and not the round",
                         count_of(before.runs, "run"), count_of(after.runs, "run"), kFewestRuns,
                         kFewestRuns),
             more);
    } else if (!is_interleaved_ && !settings_.is_exchangeable) {
      refuse(has_starts_ ? "the runs of the two sides were not interleaved: one side after the "
                           "other, a drift of the machine looks like a change"
                         : "the runs have no started_utc, so nobody knows whether they were "
                           "interleaved",
             more + " Or --assume-exchangeable, if every run was made on a freshly drawn host.");
    } else if (runs_.size() < kFewestDegrees + 1 + result_.blocks) {
      refuse(fmt::format("{} runs in {} blocks leave too little to tell the noise by", runs_.size(),
                         result_.blocks),
             more);
    }
    if (result_.rounds < kFewestRounds) {
      refuse(fmt::format("a run has {}, the least is {}", count_of(result_.rounds, "round"),
                         kFewestRounds),
             "Measure with --rounds 20.");
    }
    for (const RunSamples* run : runs_) {
      if (!run->is_complete()) {
        refuse(fmt::format("{} is partial: {}", run->name,
                           run->status.empty() ? "it was cut off" : "it ended with " + run->status),
               "Leave partial runs out, or repeat them.");
      }
    }
  }

  // Lost pings say nothing of their cause; retransmissions are the link's losses.
  void check_losses(bool is_testable) {
    const RunSamples* worst =
        *std::max_element(runs_.begin(), runs_.end(), [](const RunSamples* a, const RunSamples* b) {
          return dropped_share(*a) < dropped_share(*b);
        });
    if (dropped_share(*worst) <= kMostDropped) {
      return;
    }
    if (is_testable && test_retransmissions()) {
      return;
    }
    refuse(fmt::format("losses: {} lost and {} with a retransmission of the {} of {}{}",
                       worst->lost, worst->retransmitted, count_of(worst->pings, "ping"),
                       worst->name, worst->series.empty() ? ": nothing is left to compare" : ""),
           "Times are comparable if at most 1 % of the pings of a run are left out. Find out what "
           "loses them, then measure again.");
  }

  bool test_retransmissions() {
    ContrastColumn shares;
    double mean[2] = {0, 0};
    for (std::size_t i = 0; i < runs_.size(); ++i) {
      shares.push_back(static_cast<double>(runs_[i]->retransmitted) /
                       static_cast<double>(std::max<std::uint64_t>(1, runs_[i]->pings)));
      const SideFacts& side = order_[i] == Side::Candidate ? result_.candidate : result_.baseline;
      mean[static_cast<std::size_t>(order_[i])] += shares.back() / side.runs;
    }
    const std::vector<ContrastColumn> columns{shares};
    const FamilyTest test = max_t().test(is_ranked_ ? ranked(columns) : columns, {});
    if (test.contrasts[0].p_slower > alpha_ || mean[1] - mean[0] < kMostDropped) {
      return false;
    }
    result_.verdict = Verdict::Regression;
    result_.attribution = fmt::format(
        "losses: {:.1f} % of the pings needed a retransmission, {:.1f} % before (adjusted p "
        "{:.4f}); times were not compared",
        mean[1] * 100, mean[0] * 100, test.contrasts[0].p_slower);
    return true;
  }

  // By the baseline's MSS, as declared or as its times tell.
  void choose_mss() {
    const ContrastTable floors = contrasts_of(
        runs_, sizes_,
        {.mss = Mss(PayloadSize::kLargest), .rounds = result_.rounds, .draws = draws_});
    result_.baseline.fit = fit(floors, Side::Baseline);
    result_.candidate.fit = fit(floors, Side::Candidate);
    if (result_.baseline.mss) {
      classes_ = *result_.baseline.mss;
      result_.mss = classes_;
    } else if (const auto& fitted = result_.baseline.fit; fitted && fitted->gain > kGainOfSteps) {
      classes_ = Mss((fitted->smallest.bytes() + fitted->largest.bytes()) / 2);
      result_.mss = classes_;
      result_.notes.push_back(
          fmt::format("the baseline's MSS is unknown; its times fit {} to {}, {} was taken",
                      fitted->smallest.bytes(), fitted->largest.bytes(), classes_.bytes()));
    } else {
      result_.notes.emplace_back(
          "the baseline's MSS is unknown and its times show no steps: all sizes are one class");
    }
    if (settings_.ignores_segmentation && result_.baseline.mss && result_.candidate.mss) {
      std::erase_if(sizes_, [&](PayloadSize size) {
        return segments_needed(size, *result_.baseline.mss) !=
               segments_needed(size, *result_.candidate.mss);
      });
      if (sizes_.empty()) {
        refuse("no payload size needs the same number of segments on both sides", "");
      }
    }
  }

  [[nodiscard]] std::optional<MssFit> fit(const ContrastTable& floors, Side side) const {
    std::vector<SizeTime> times;
    for (std::size_t i = 0; i < floors.sizes.size(); ++i) {
      double sum = 0;
      double count = 0;
      for (std::size_t run = 0; run < runs_.size(); ++run) {
        if (order_[run] == side) {
          sum += floors.floors[i][run];
          ++count;
        }
      }
      times.push_back({.size = floors.sizes[i], .ns = std::exp(sum / count)});
    }
    return fit_mss(times);
  }

  [[nodiscard]] MaxT max_t() const {
    // Enough draws that the smallest p of the local family can be reached at all.
    const auto needed =
        static_cast<std::size_t>(2 / (kRotationCaution * kLocalShare * settings_.alpha));
    return {order_, blocks_, is_ranked_ ? NullLaw::Shuffled : NullLaw::Rotated,
            std::max(kDrawsOfNull, needed)};
  }

  [[nodiscard]] double smallest_change(Family family) const {
    const double effect = settings_.minimum_effect.value_or(kMinimumEffect);
    return std::log1p(family == Family::Tail ? std::max(effect, kTailEffect) : effect);
  }

  // What the sides differ by, without any claim.
  void estimate_only() {
    for (std::size_t c = 0; c < table_.names.size(); ++c) {
      std::vector<double> values[2];
      for (std::size_t run = 0; run < runs_.size(); ++run) {
        values[static_cast<std::size_t>(order_[run])].push_back(table_.columns[c][run]);
      }
      result_.contrasts.push_back(
          {.contrast = table_.names[c], .change = median_of(values[1]) - median_of(values[0])});
    }
  }

  void test_all() {
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
        excluded =
            std::max(excluded, test.interval(column, simultaneous, is_ranked_, added).second);
      }
    }
    for (std::size_t i = 0; i < table_.sizes.size(); ++i) {
      const ContrastTest& tested = local.contrasts[i];
      if (tested.p_slower <= alpha_ * kLocalShare &&
          tested.shift >= smallest_change(Family::Floor)) {
        result_.locals.push_back(
            {.size = table_.sizes[i], .change = tested.shift, .p_slower = tested.p_slower});
      }
    }
    conclude(excluded);
  }

  void conclude(double excluded) {
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
  void look_for_slow_mode() {
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

  void refuse(std::string reason, std::string remedy) {
    result_.reasons.push_back(std::move(reason));
    if (result_.remedy.empty()) {
      result_.remedy = std::move(remedy);
    }
  }

  Comparison& result_;
  const CompareSettings& settings_;
  std::vector<const RunSamples*> runs_;  // in the order in time, if that is known
  std::vector<Side> order_;
  std::vector<std::size_t> blocks_;
  std::vector<PayloadSize> sizes_;
  ContrastTable table_;
  Mss classes_{PayloadSize::kLargest};
  std::size_t draws_ = 1;
  double alpha_ = 0;
  bool has_starts_ = false;
  bool is_interleaved_ = false;
  bool is_ranked_ = false;
};

}  // namespace

Comparison compare(std::vector<RunSamples> baseline, std::vector<RunSamples> candidate,
                   const CompareSettings& settings) {
  Comparison result;
  result.settings = settings;
  std::map<std::string, std::string> known;
  remove_copies(baseline, result.notes, known);
  remove_copies(candidate, result.notes, known);
  result.link = baseline.front().header.link();
  result.baseline = facts_of(baseline);
  result.candidate = facts_of(candidate);
  result.mss = result.baseline.mss;
  result.environment = environment_differences(baseline, candidate);
  if (!settings.ignores_environment) {
    result.reasons = why_not_comparable(baseline, candidate);
    if (!result.reasons.empty()) {
      result.verdict = Verdict::NotComparable;
      result.remedy = "If they are one thing all the same: --ignore-environment.";
      return result;
    }
  }
  for (const auto& [side, words] :
       {std::pair(&baseline, "baseline"), std::pair(&candidate, "candidate")}) {
    if (!is_one_mss(*side)) {
      result.reasons.push_back(fmt::format("the runs of the {} do not share one MSS", words));
      result.verdict = Verdict::NotComparable;
      result.remedy = "Compare runs of one MSS with runs of one MSS.";
      return result;
    }
  }
  const auto is_virtual = [](const RunSamples& run) { return run.is_virtual(); };
  if (std::all_of(baseline.begin(), baseline.end(), is_virtual) &&
      std::all_of(candidate.begin(), candidate.end(), is_virtual)) {
    compare_exactly(result, baseline, candidate);
  } else {
    Test(result, baseline, candidate).run();
  }
  return result;
}

}  // namespace tcpstep
