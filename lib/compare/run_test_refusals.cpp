// Which runs and sizes a test may use, and when it must not be made at all.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "lib/base/text.h"
#include "lib/compare/run_test.h"

namespace tcpstep {
namespace {

constexpr std::size_t kFewestRuns = 4;     // a side
constexpr std::size_t kFewestDegrees = 5;  // n - blocks - 1
constexpr std::size_t kFewestRounds = 5;
constexpr std::size_t kDrawsOfMinimum = 10;
constexpr double kMostDropped = 0.01;  // of the pings of a run
constexpr double kFewestCommon = 0.8;  // of all sizes
constexpr std::string_view kAb = "tcpstep-analyze ab --runs 10";

double dropped_share(const Run& run) {
  return run.pings() == 0 ? 1
                          : static_cast<double>(run.lost() + run.retransmitted()) /
                                static_cast<double>(run.pings());
}

}  // namespace

// Rounds, draws, and the sizes that every run has enough samples of.
void RunTest::choose_sizes() {
  std::map<PayloadSize, std::size_t> measured;  // by how many runs
  std::map<PayloadSize, std::size_t> whole;
  std::size_t most_rounds = 0;
  result_.rounds = runs_.front()->rounds();
  for (const Run* run : runs_) {
    result_.rounds = std::min(result_.rounds, run->rounds());
    most_rounds = std::max(most_rounds, run->rounds());
  }
  draws_ = std::max<std::size_t>(1, std::min(kDrawsOfMinimum, result_.rounds));
  for (const Run* run : runs_) {
    for (const PayloadSize size : run->sizes()) {
      ++measured[size];
      whole[size] += run->samples_of(size).size() >= draws_ ? 1U : 0U;
    }
  }
  for (const auto& [size, count] : whole) {
    if (count == runs_.size()) {
      sizes_.push_back(size);
    }
  }
  result_.sizes = sizes_.size();
  const bool is_overlapping = std::any_of(measured.begin(), measured.end(), [&](const auto& size) {
    return size.second == runs_.size();
  });
  const bool is_any_empty =
      std::any_of(runs_.begin(), runs_.end(), [](const Run* run) { return run->sizes().empty(); });
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

void RunTest::check_runs() {
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
  for (const Run* run : runs_) {
    if (!run->is_complete()) {
      refuse(fmt::format("{} is partial: {}", run->name,
                         run->status().empty() ? "it was cut off"
                                               : fmt::format("it ended with {}", run->status())),
             "Leave partial runs out, or repeat them.");
    }
  }
}

// Lost pings say nothing of their cause; retransmissions are the link's losses.
void RunTest::check_losses(bool is_testable) {
  const Run* worst = *std::max_element(runs_.begin(), runs_.end(), [](const Run* a, const Run* b) {
    return dropped_share(*a) < dropped_share(*b);
  });
  if (dropped_share(*worst) <= kMostDropped) {
    return;
  }
  if (is_testable && test_retransmissions()) {
    return;
  }
  refuse(fmt::format("losses: {} lost and {} with a retransmission of the {} of {}{}",
                     worst->lost(), worst->retransmitted(), count_of(worst->pings(), "ping"),
                     worst->name, worst->sizes().empty() ? ": nothing is left to compare" : ""),
         "Times are comparable if at most 1 % of the pings of a run are left out. Find out what "
         "loses them, then measure again.");
}

bool RunTest::test_retransmissions() {
  ContrastColumn shares;
  double mean[2] = {0, 0};
  for (std::size_t i = 0; i < runs_.size(); ++i) {
    shares.push_back(static_cast<double>(runs_[i]->retransmitted()) /
                     static_cast<double>(std::max<std::uint64_t>(1, runs_[i]->pings())));
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

}  // namespace tcpstep
