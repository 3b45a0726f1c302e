#include "lib/compare/run_order.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "lib/base/text.h"

namespace tcpstep {
namespace {

constexpr std::size_t kTrend = 3;          // degree of the polynomial in time
constexpr std::size_t kRunsForCubic = 10;  // of both sides; fewer: one degree less
constexpr double kLeastKept = 0.6;         // of the label, when the trend is taken out
constexpr double kMostNoise = 1.5;         // of slow noise, in the contrast
constexpr double kTies = 4;  // labelings that may do as well as the true one, over all contrasts
constexpr std::string_view kRemedy =
    "Measure with tcpstep ab, which draws the order of the runs and records it.";

struct Made {
  const Run* run;
  Side side;
};

// The block that `ab` made a run in, over all its invocations.
std::string block_of(const Run& run) {
  const auto block = run.header.find("ab_block");
  const auto id = run.header.find("ab_id");
  return block && id ? fmt::format("{} {}", *id, *block) : std::string();
}

void fill(RunOrder& order, const std::vector<Made>& made) {
  for (const Made& one : made) {
    order.runs.push_back(one.run);
    order.design.order.push_back(one.side);
  }
  order.design.blocks.assign(made.size(), 0);
}

bool has_both_sides(const std::vector<Made>& made) {
  return std::any_of(made.begin(), made.end(),
                     [&](const Made& one) { return one.side != made.front().side; });
}

// Blocks that lack a side are left out; the others stay as they were drawn.
void use_blocks(RunOrder& order, const std::vector<Made>& made) {
  std::map<std::string, std::vector<Made>> blocks;
  std::vector<std::string> names;  // in the order in time
  for (const Made& one : made) {
    auto& block = blocks[block_of(*one.run)];
    if (block.empty()) {
      names.push_back(block_of(*one.run));
    }
    block.push_back(one);
  }
  std::size_t left_out = 0;
  std::size_t number = 0;
  for (const std::string& name : names) {
    if (!has_both_sides(blocks[name])) {
      left_out += blocks[name].size();
      continue;
    }
    for (const Made& one : blocks[name]) {
      order.runs.push_back(one.run);
      order.design.order.push_back(one.side);
      order.design.blocks.push_back(number);
    }
    ++number;
    order.blocks = number;
  }
  if (left_out > 0) {
    order.notes.push_back(fmt::format("{} left out: the other side of their block is missing",
                                      count_of(left_out, "run")));
  }
  if (number == 0) {
    fill(order, made);
    order.refusal = "no block has runs of both sides";
    order.remedy = "Compare all runs of one tcpstep ab.";
  }
}

// Few runs have few labelings: what is slow in time is taken out, and the rest is rotated.
void take_out_trend(RunOrder& order) {
  order.design.blocks.assign(order.runs.size(), 0);
  order.design.law = NullLaw::Rotated;
  order.design.trend = order.runs.size() < kRunsForCubic ? kTrend - 1 : kTrend;
}

}  // namespace

RunOrder order_of(std::span<const Run> baseline, std::span<const Run> candidate,
                  bool is_exchangeable) {
  std::vector<Made> made;
  for (const Run& run : baseline) {
    made.push_back({.run = &run, .side = Side::Baseline});
  }
  for (const Run& run : candidate) {
    made.push_back({.run = &run, .side = Side::Candidate});
  }
  const auto all = [&](auto has) {
    return std::all_of(made.begin(), made.end(), [&](const Made& one) { return has(*one.run); });
  };
  const bool has_starts = all([](const Run& run) { return run.started.has_value(); });
  const bool is_drawn = all([](const Run& run) { return !block_of(run).empty(); });
  if (has_starts) {
    std::stable_sort(made.begin(), made.end(), [](const Made& a, const Made& b) {
      return *a.run->started < *b.run->started;
    });
  }
  const bool is_many = std::min(baseline.size(), candidate.size()) >= kRunsForRanks;
  RunOrder order;
  if (is_exchangeable) {
    fill(order, made);
    order.design.law = is_many ? NullLaw::Shuffled : NullLaw::Rotated;
    return order;
  }
  if (is_drawn) {
    use_blocks(order, made);
    if (!is_many && order.refusal.empty()) {
      take_out_trend(order);
    }
    return order;
  }
  fill(order, made);
  if (!has_starts) {
    order.refusal = "runs without started_utc: their order is unknown";
    order.remedy = kRemedy;
    return order;
  }
  take_out_trend(order);
  if (order.design.degrees() < kFewestDegrees) {
    return order;  // refused for its few runs
  }
  const Balance balance = balance_of(order.design);
  if (balance.kept < kLeastKept || balance.noise > kMostNoise) {
    order.refusal =
        "the sides were not interleaved well enough: in this order a drift of the machine looks "
        "like a change";
    order.remedy = fmt::format(
        "{} Or use --assume-exchangeable if every run was made on a newly chosen host.", kRemedy);
  } else {
    order.notes.push_back(fmt::format(
        "the headers do not record how the order of the runs was drawn: the test removes a smooth "
        "trend in time, so that small changes may be missed ({})",
        "tcpstep ab records it"));
  }
  return order;
}

std::optional<Unreachable> unreachable(const RunOrder& order, double level) {
  const double ways = order.design.labelings();
  if (order.design.law == NullLaw::Rotated || kTies / ways <= level) {
    return std::nullopt;
  }
  std::size_t runs = kRunsForRanks;
  double more = 1296;  // 6 ways in each block of two runs a side
  while (kTies / more > level) {
    runs += 2;
    more *= 6;
  }
  return Unreachable{.runs = runs, .level = kTies / ways};
}

}  // namespace tcpstep
