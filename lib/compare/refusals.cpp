#include "lib/compare/refusals.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "lib/base/text.h"

namespace tcpstep {
namespace {

constexpr std::size_t kFewestRuns = 4;  // of each side
constexpr double kFewestCommon = 0.8;   // of all sizes
constexpr double kLeastLosses = 0.005;  // rise of the share of resent pings
constexpr std::string_view kMakeRuns = "Make 10 + 10 runs: tcpstep ab --runs 10.";

}  // namespace

void refuse(Comparison& result, std::string reason, std::string_view remedy) {
  result.reasons.push_back(std::move(reason));
  if (result.remedy.empty()) {
    result.remedy = remedy;
  }
}

void check_runs(Comparison& result, const RunOrder& order, const ErrorLevels& levels) {
  const auto candidates = static_cast<std::size_t>(
      std::count(order.design.order.begin(), order.design.order.end(), Side::Candidate));
  const std::size_t baselines = order.runs.size() - candidates;
  if (std::min(baselines, candidates) < kFewestRuns) {
    refuse(result,
           fmt::format("{} of the baseline and {} of the candidate: at least {} per side are "
                       "required",
                       count_of(baselines, "run"), count_of(candidates, "run"), kFewestRuns),
           kMakeRuns);
  } else if (!order.refusal.empty()) {
    refuse(result, order.refusal, order.remedy);
  } else if (order.design.degrees() < kFewestDegrees) {
    refuse(
        result,
        fmt::format("{} in {}: too few to estimate the noise", count_of(order.runs.size(), "run"),
                    count_of(order.design.block_count(), "block")),
        kMakeRuns);
  } else if (const auto needed = unreachable(order, levels.main)) {
    const double alpha = needed->level * result.settings.alpha / levels.main;
    const double power = std::pow(10, std::floor(std::log10(alpha)) - 1);
    refuse(result,
           fmt::format("{} + {} runs cannot reach --alpha {:g}, however large a change is",
                       baselines, candidates, result.settings.alpha),
           fmt::format("Make {} + {} runs, or use --alpha {:g}.", needed->runs, needed->runs,
                       std::ceil(alpha / power) * power));
  }
  for (const Run* run : order.runs) {
    if (std::string reason = why_unfit(*run); !reason.empty()) {
      refuse(result, fmt::format("{} is {}", run->name, reason),
             run->is_complete() && !run->has_moved ? "Measure with --rounds 20."
                                                   : "Leave such runs out, or repeat them.");
    }
  }
}

std::string LossRise::text() const {
  return fmt::format(
      "{:.1f} % of the pings needed a retransmission, {:.1f} % before (adjusted p {:.4f})",
      now * 100, before * 100, p);
}

namespace {

// The share of its pings of which something was resent, of each run's first launch.
ContrastColumn shares_of_resent(const RunOrder& order) {
  // Runs of older versions have no resent acks to compare with.
  const bool knows_acks =
      std::ranges::all_of(order.runs, [](const Run* run) { return run->resent().knows_acks; });
  ContrastColumn shares;
  for (const Run* run : order.runs) {
    const FirstLaunch first = first_launch_of(*run);
    shares.push_back(static_cast<double>(knows_acks ? first.resent.total() : first.resent.payload) /
                     static_cast<double>(std::max<std::uint64_t>(1, first.pings)));
  }
  return shares;
}

}  // namespace

bool can_losses_rise(const RunOrder& order) {
  return std::ranges::any_of(shares_of_resent(order),
                             [](double share) { return share >= kLeastLosses; });
}

std::optional<LossRise> rise_of_losses(const RunOrder& order, const MaxT& test) {
  const ContrastColumn shares = shares_of_resent(order);
  double mean[2] = {0, 0};
  double count[2] = {0, 0};
  for (std::size_t i = 0; i < shares.size(); ++i) {
    mean[static_cast<std::size_t>(order.design.order[i])] += shares[i];
    ++count[static_cast<std::size_t>(order.design.order[i])];
  }
  mean[0] /= count[0];
  mean[1] /= count[1];
  if (mean[1] - mean[0] < kLeastLosses) {
    return std::nullopt;
  }
  const std::vector<ContrastColumn> columns{shares};
  const bool is_ranked = order.design.law == NullLaw::Shuffled;
  return LossRise{.before = mean[0],
                  .now = mean[1],
                  .p = test.test(is_ranked ? ranked(columns) : columns, {}).contrasts[0].p_slower};
}

void note_repeated(Comparison& result, const RunOrder& order) {
  std::size_t repeated[2] = {0, 0};
  for (std::size_t i = 0; i < order.runs.size(); ++i) {
    repeated[static_cast<std::size_t>(order.design.order[i])] +=
        first_launch_of(*order.runs[i]).is_repeated ? 1U : 0U;
  }
  if (repeated[0] + repeated[1] > 0) {
    result.notes.push_back(fmt::format(
        "repeated because more than 1 % of the pings were resent: {} of the baseline, {} of the "
        "candidate; losses were compared by the first launches",
        count_of(repeated[0], "run"), repeated[1]));
  }
}

void check_losses(Comparison& result, const RunOrder& order) {
  const auto share = [](const Run* run) {
    return static_cast<double>(run->lost() + run->resent().total()) /
           static_cast<double>(std::max<std::uint64_t>(1, run->pings()));
  };
  const Run* worst =
      *std::max_element(order.runs.begin(), order.runs.end(),
                        [&](const auto* a, const auto* b) { return share(a) < share(b); });
  if (is_lossy(*worst)) {
    refuse(result,
           fmt::format("losses: {} of {}{}", losses_of(*worst), worst->name,
                       worst->sizes().empty() ? ": nothing is left to compare" : ""),
           "Times can be compared if at most 1 % of the pings of a run were lost or resent. Find "
           "the cause, then measure again.");
  }
}

void check_sizes(Comparison& result, const CommonSizes& common, bool is_any_empty) {
  if (common.sizes.empty() && !is_any_empty) {
    result.verdict = Verdict::NotComparable;
    refuse(result, "no payload size was measured in all runs",
           "Measure both sides with the same --sizes.");
  } else if (!common.are_most(kFewestCommon)) {
    refuse(result,
           fmt::format("only {} of {} payload sizes have enough samples in every run",
                       common.sizes.size(), common.measured),
           "Measure both sides with the same --sizes, and leave out runs that lack some.");
  }
  if (common.most_rounds > common.rounds && common.rounds >= kFewestRounds) {
    result.notes.push_back(
        fmt::format("runs have {} to {} rounds: only the first {} of each are used", common.rounds,
                    common.most_rounds, common.rounds));
  }
}

}  // namespace tcpstep
