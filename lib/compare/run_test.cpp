#include "lib/compare/run_test.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace tcpstep {
namespace {

constexpr std::size_t kRunsForRanks = 8;  // from here on shuffles suffice, and ranks
constexpr std::size_t kDrawsOfNull = 4999;
constexpr double kRotationCaution = 0.7;  // of alpha: rotation is exact for normal rows only

}  // namespace

RunTest::RunTest(Comparison& result, std::vector<Run>& baseline, std::vector<Run>& candidate)
    : result_(result), settings_(result.settings) {
  for (const Run& run : baseline) {
    runs_.push_back(&run);
    order_.push_back(Side::Baseline);
  }
  for (const Run& run : candidate) {
    runs_.push_back(&run);
    order_.push_back(Side::Candidate);
  }
  has_starts_ = std::all_of(runs_.begin(), runs_.end(),
                            [](const Run* run) { return run->started.has_value(); });
  if (has_starts_) {
    sort_by_start();
  }
  is_ranked_ = std::min(baseline.size(), candidate.size()) >= kRunsForRanks;
  alpha_ = settings_.alpha * (is_ranked_ ? 1 : kRotationCaution);
}

void RunTest::run() {
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

void RunTest::sort_by_start() {
  std::vector<std::size_t> places(runs_.size());
  std::iota(places.begin(), places.end(), std::size_t{0});
  std::stable_sort(places.begin(), places.end(), [&](std::size_t a, std::size_t b) {
    return *runs_[a]->started < *runs_[b]->started;
  });
  std::vector<const Run*> runs;
  std::vector<Side> order;
  for (const std::size_t place : places) {
    runs.push_back(runs_[place]);
    order.push_back(order_[place]);
  }
  runs_ = std::move(runs);
  order_ = std::move(order);
}

void RunTest::choose_blocks() {
  blocks_ = blocks_of(order_);
  is_interleaved_ = has_starts_ && count_blocks(blocks_) >= 2;
  if (!is_interleaved_) {
    blocks_.assign(order_.size(), 0);
  }
  result_.blocks = count_blocks(blocks_);
}

// By the baseline's MSS, as declared or as its times tell.
void RunTest::choose_mss() {
  const ContrastTable floors =
      contrasts_of(runs_, sizes_,
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

std::optional<MssFit> RunTest::fit(const ContrastTable& floors, Side side) const {
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

MaxT RunTest::max_t() const {
  // Enough draws that the smallest p of the local family can be reached at all.
  const auto needed =
      static_cast<std::size_t>(2 / (kRotationCaution * kLocalShare * settings_.alpha));
  return {order_, blocks_, is_ranked_ ? NullLaw::Shuffled : NullLaw::Rotated,
          std::max(kDrawsOfNull, needed)};
}

void RunTest::refuse(std::string reason, std::string remedy) {
  result_.reasons.push_back(std::move(reason));
  if (result_.remedy.empty()) {
    result_.remedy = std::move(remedy);
  }
}

}  // namespace tcpstep
