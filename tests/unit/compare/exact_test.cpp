#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <sstream>
#include <string>

#include "lib/compare/comparison.h"
#include "lib/compare/render.h"
#include "tests/unit/compare/comparisons.h"
#include "tests/unit/golden.h"

namespace tcpstep {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

// Virtual time.

Sides virtual_runs(const SyntheticRun& baseline, const SyntheticRun& candidate) {
  Sides sides;
  for (int seed = 1; seed <= 2; ++seed) {
    for (auto* side : {&sides.baseline, &sides.candidate}) {
      SyntheticRun made = side == &sides.baseline ? baseline : candidate;
      made.name = "seed " + std::to_string(seed);
      made.deviation = 0;
      side->push_back(make_run(made));
      side->back().identity += side == &sides.baseline ? " before" : " now";
      side->back().header.add("lab_time", "virtual");
      side->back().header.add("lab_seed", static_cast<std::uint64_t>(seed));
    }
  }
  return sides;
}

TEST(ExactComparisonTest, FitsEveryScreen) {
  Sides sides = virtual_runs(plain(), plain());
  change_samples(sides.candidate[1].series.at(PayloadSize(1501)),
                 [](auto& samples) { samples[3] += Duration(1); });
  const Comparison result = compare(sides);
  for (const std::size_t columns : {80U, 60U, 40U}) {
    const std::string text = render_text(result, {.columns = columns});
    expect_golden(fmt::format("compare_exact_{}.txt", columns), text);
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      EXPECT_LE(columns_of(line), columns) << line;
    }
  }
}

TEST(ExactComparisonTest, IsSilentOnlyIfEveryPingIsTheSame) {
  Sides sides = virtual_runs(plain(), plain());
  Comparison result = compare(sides);
  EXPECT_TRUE(result.is_exact);
  EXPECT_EQ(result.pairs, 2U);
  EXPECT_EQ(result.verdict, Verdict::NoRegression);
  EXPECT_THAT(result.differences, IsEmpty());
  EXPECT_THAT(headline(result), HasSubstr("NO DIFFERENCE"));

  change_samples(sides.candidate[1].series.at(PayloadSize(1501)),
                 [](auto& samples) { samples[3] += Duration(1); });
  result = compare(sides);
  EXPECT_EQ(result.verdict, Verdict::Regression);
  ASSERT_EQ(result.differences.size(), 1U);
  EXPECT_EQ(result.differences[0].size, PayloadSize(1501));
  EXPECT_EQ(result.differences[0].segments, 2U);
  EXPECT_EQ(result.differences[0].differing, 1U);
  EXPECT_NEAR(result.differences[0].mean_change_ns, 0.05, 1e-9);
  EXPECT_EQ(compare(sides, {.minimum_effect = 0.01}).verdict, Verdict::NoRegression);

  change_samples(sides.candidate[1].series.at(PayloadSize(1501)),
                 [](auto& samples) { samples[3] -= Duration(2); });
  result = compare(sides);
  EXPECT_EQ(result.verdict, Verdict::NoRegression);
  EXPECT_EQ(result.differences.size(), 1U);  // faster, and said
  EXPECT_THAT(headline(result), Not(HasSubstr("NO DIFFERENCE")));
}

TEST(ExactComparisonTest, NeedsTheSameSeeds) {
  Sides sides = virtual_runs(plain(), plain());
  sides.candidate.pop_back();
  expect_not_comparable(compare(sides), "seed 2: 1 run of the baseline and 0 of the candidate");
}

TEST(ExactComparisonTest, SaysIfARunCameToAnotherEnd) {
  Sides sides = virtual_runs(plain(), plain());
  sides.candidate[0].series.begin()->second.resent.payload = 1;
  const Comparison result = compare(sides);
  EXPECT_EQ(result.verdict, Verdict::Inconclusive);
  EXPECT_THAT(result.notes, Contains(HasSubstr("seed 1: complete, 0 lost, 0 resent")));
}

TEST(ExactComparisonTest, DoesNotMixWithRealTime) {
  Sides sides = virtual_runs(plain(), plain());
  Sides real = interleaved(10, plain(), plain());
  for (auto& run : real.candidate) {
    run.header.add("lab_time", "real");
  }
  expect_not_comparable(compare(sides.baseline, real.candidate, {}), "the lab time differs");
}

// What of a file makes a run.

Run read(const std::string& head, const std::string& rows, const std::string& name = "x") {
  RunReader reader(ByteSource(std::make_unique<std::istringstream>(
                       "# format: tcpstep-result/1\n" + head +
                       "round,size_bytes,rtt_ns,kernel_rtt_ns,retransmits,status\n" + rows)),
                   name);
  return read_run(reader, name, RttClock::Application);
}

TEST(RunTest, CountsWhatItLeavesOut) {
  const auto run = read("# started_utc: 2026-11-22T16:41:59.254708Z\n",
                        "0,1,5,,,ok\n1,1,10,,0,ok\n1,2,,,,timeout\n2,1,12,,1,ok\n2,2,9,,,ok\n"
                        "# end: status=complete samples=3 lost=1\n");
  EXPECT_EQ(run.samples_of(PayloadSize(1)).size(), 1U);
  EXPECT_EQ(run.pings(), 4U);
  EXPECT_EQ(run.lost(), 1U);
  EXPECT_EQ(run.resent().total(), 1U);
  EXPECT_EQ(run.rounds(), 2U);
  EXPECT_TRUE(run.is_complete());
  EXPECT_EQ(run.started->time_since_epoch(), Duration(1795365719254708000));
}

TEST(RunTest, KnowsARunByItsIdOrElseByItsContents) {
  const std::string rows = "1,1,10,,,ok\n";
  EXPECT_EQ(read("# run_id: 1\n", rows).identity, read("# run_id: 1\n# label: y\n", rows).identity);
  EXPECT_NE(read("# run_id: 1\n", rows).identity, read("# run_id: 2\n", rows).identity);
  EXPECT_EQ(read("", rows).identity, read("", rows, "copy").identity);
  EXPECT_NE(read("", rows).identity, read("", "1,1,11,,,ok\n").identity);
}

TEST(RunTest, ReadsOnlyWholeTimes) {
  for (const char* text :
       {"2026-11-22T16:41:59Z", "1970-01-01T00:00:00Z", "2261-12-31T23:59:59Z"}) {
    EXPECT_TRUE(parse_utc(text)) << text;
  }
  for (const char* text :
       {"", "2026-11-22", "2026-13-22T16:41:59Z", "2026-11-22T16:41:59.25Z", "2026-11-22T25:41:59Z",
        "2026-11-22T16:41:59.254708Zx", "1969-12-31T23:59:59Z", "2262-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z"}) {
    EXPECT_FALSE(parse_utc(text)) << text;
  }
}

}  // namespace
}  // namespace tcpstep
