#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "lib/base/error.h"
#include "lib/compare/comparison.h"
#include "lib/compare/eligibility.h"
#include "lib/compare/render.h"
#include "tests/unit/compare/comparisons.h"

namespace tcpstep {
namespace {

using testing::Contains;
using testing::HasSubstr;

TEST(ComparisonRefusalTest, OneRunEachSaysNothing) {
  const Comparison result = compare(interleaved(1, plain(), plain()));
  expect_refusal(result, "1 run of the baseline and 1 run of the candidate: at least 4 per side");
  EXPECT_THAT(result.remedy, HasSubstr("tcpstep ab"));
  EXPECT_FALSE(result.contrasts.empty());  // estimates, not tested
}

TEST(ComparisonRefusalTest, OneNewRunAgainstManySaysNothing) {
  Sides sides = interleaved(20, plain(), plain());
  sides.candidate.resize(1);
  expect_refusal(compare(sides), "1 run of the candidate");
}

TEST(ComparisonRefusalTest, RunsOneSideAfterTheOtherSayNothing) {
  const Sides sides = ordered("AAAAAAAAAABBBBBBBBBB", plain(), plain());
  expect_refusal(compare(sides), "were not interleaved well enough");
  EXPECT_EQ(compare(sides, {.is_exchangeable = true}).verdict, Verdict::NoRegression);
}

// What is slow in time must not look like a change, in whatever order the runs were made.
TEST(ComparisonTest, DoesNotTakeADriftForAChange) {
  for (const double drift : {0.5, -0.3}) {
    for (const std::string_view order :
         {"AABBAABBAABBAABBAABB", "BBAABBAABBAABBAABBAA", "ABBAABBAABBAABBAABBA",
          "ABABABABABABABABABAB", "AAAAAAAABBAABBBBBBBB", "AAAABBBBAAAABBBB",
          "AABBBBAAABBBBAAABBBBAA", "AABBAABB", "AABBBBAA", "AAAABBBB"}) {
      for (const bool is_drawn : {false, true}) {
        const Comparison result = compare(ordered(order, plain(), plain(), is_drawn, drift));
        if (is_drawn && order.size() >= 16 && order[0] == order[1]) {
          continue;  // drawn once in thousands of times: the test cannot know better
        }
        EXPECT_NE(result.verdict, Verdict::Regression)
            << order << " drift " << drift << ": " << headline(result);
      }
    }
  }
}

TEST(ComparisonTest, FindsAChangeBesideADriftInABalancedOrder) {
  const SyntheticRun slower = with([](std::uint32_t bytes) { return 1.05 * stairs(bytes, 1448); });
  for (const std::string_view order : {"ABBAABBAABBAABBAABBA", "ABABABABABABABABABAB"}) {
    const Comparison result = compare(ordered(order, plain(), slower, false, 0.1));
    EXPECT_EQ(result.verdict, Verdict::Regression) << headline(result);
    EXPECT_EQ(result.blocks, 0U);
    EXPECT_THAT(result.notes, Contains(HasSubstr("do not record how the order")));
  }
}

TEST(ComparisonTest, KeepsTheBlocksWhenARunIsLeftOut) {
  Sides sides = interleaved(10, plain(), plain());
  sides.baseline.erase(sides.baseline.begin());  // one of the first block
  EXPECT_EQ(compare(sides).blocks, 5U);
  std::erase_if(sides.candidate,
                [](const auto& run) { return run.header.find("ab_block") == "0"; });
  const Comparison result = compare(sides);
  EXPECT_EQ(result.blocks, 4U);
  EXPECT_THAT(result.notes, Contains(HasSubstr("1 run left out: the other side of their block")));
}

TEST(ComparisonRefusalTest, RunsOfTwoInvocationsShareNoBlock) {
  Sides sides = interleaved(10, plain(), plain());
  sides.candidate.clear();
  for (std::size_t i = 0; i < 10; ++i) {
    SyntheticRun other = plain();
    other.name = "other" + std::to_string(i);
    other.start_s = static_cast<std::int64_t>(i);
    sides.candidate.push_back(make_run(other));
    add_block(sides.candidate.back(), "2", i / 2);
  }
  expect_refusal(compare(sides), "no block has runs of both sides");
}

// Whatever --alpha is, a slowdown of 30 % never passes.
TEST(ComparisonTest, NeverPassesWhatItCannotSee) {
  const SyntheticRun slower = with([](std::uint32_t bytes) { return 1.3 * stairs(bytes, 1448); });
  for (const double alpha : {0.2, 0.05, 0.01, 0.001, 0.0001}) {
    for (const std::size_t runs : {4U, 8U, 10U}) {
      const Comparison result = compare(interleaved(runs, plain(), slower), {.alpha = alpha});
      EXPECT_TRUE(result.verdict == Verdict::Regression || result.verdict == Verdict::Inconclusive)
          << runs << " runs, alpha " << alpha << ": " << headline(result);
    }
  }
  const Comparison result = compare(interleaved(8, plain(), slower), {.alpha = 0.001});
  expect_refusal(result, "8 + 8 runs cannot reach --alpha 0.001");
  EXPECT_EQ(result.remedy, "Make 10 + 10 runs, or use --alpha 0.0039.");
}

TEST(ComparisonRefusalTest, RunsWithoutAStartTimeSayNothing) {
  Sides sides = ordered("ABBABAABABBABAABABBA", plain(), plain());
  sides.baseline[3].started.reset();
  expect_refusal(compare(sides), "without started_utc");
}

TEST(ComparisonRefusalTest, OneSampleOfEachSizeIsTooFew) {
  SyntheticRun once = plain();
  once.rounds = 1;
  expect_refusal(compare(interleaved(10, once, once)), "a0 is 1 round; at least 5 are required");
}

TEST(ComparisonRefusalTest, APartialRunIsNamed) {
  Sides sides = interleaved(10, plain(), plain());
  sides.candidate[2].trailer->status = "timeout";
  expect_refusal(compare(sides), "b2 is partial: it ended with timeout");
}

// Its sizes have no class: some of its pings were cut elsewhere than the others.
TEST(ComparisonRefusalTest, ARunWhoseMssChangedIsNamed) {
  Sides sides = interleaved(10, plain(), plain());
  auto& run = sides.candidate[2];
  run.trailer->changed_mss = Mss(1336);
  run.describe();
  run.identity = run.name;
  run.started = std::chrono::sys_time<Duration>(std::chrono::seconds(5));
  ASSERT_TRUE(run.has_moved);
  expect_refusal(compare(sides), "b2 is uncertain: the MSS changed while it was measured");
}

TEST(ComparisonRefusalTest, AFewLostPingsAreLeftOutAndMoreAreAReason) {
  Sides sides = interleaved(10, plain(), plain());
  const auto lose = [](auto& run, PayloadSize size) {
    change_samples(run.series.at(size), [](auto& samples) { samples.pop_back(); });
    ++run.series.at(size).lost;
  };
  lose(sides.candidate[0], PayloadSize(1));
  const Comparison few = compare(sides);
  EXPECT_EQ(few.verdict, Verdict::NoRegression);
  EXPECT_EQ(few.sizes, 13U);
  for (const std::uint32_t size : {201U, 601U}) {
    lose(sides.candidate[0], PayloadSize(size));
  }
  expect_refusal(compare(sides), "losses: 3 lost and 0 resent of 130 pings");
}

TEST(ComparisonRefusalTest, MoreRetransmissionsAreARegression) {
  SyntheticRun longer = plain();
  longer.rounds = 20;
  Sides sides = interleaved(10, longer, longer);
  for (auto& run : sides.candidate) {
    for (auto& [size, series] : run.series) {
      change_samples(series, [](auto& samples) { samples.resize(18); });
      series.resent.payload += 2;
    }
  }
  const Comparison result = compare(sides);
  EXPECT_EQ(result.verdict, Verdict::Regression);
  EXPECT_THAT(result.attribution, HasSubstr("losses: 10.0 % of the pings needed a retransmission"));
  std::swap(sides.baseline, sides.candidate);
  expect_refusal(compare(sides), "losses");
}

// As `ab` leaves a run of whose first launch `percent` of the pings were resent.
void repeat(Run& run, std::uint32_t percent) {
  const FirstLaunch first{.pings = 100, .resent = {.payload = percent}};
  run.header.add(FirstLaunch::kKey, first.text());
}

TEST(FirstLaunchTest, IsTheRunItselfUnlessItWasRepeated) {
  auto run = make_run(plain());
  run.series.begin()->second.resent = {.payload = 3, .ack = 2};
  FirstLaunch first = first_launch_of(run);
  EXPECT_FALSE(first.is_repeated);
  EXPECT_EQ(first.text(), "pings=135 payload=3 ack=2 doubtful=0");
  run.header.add(FirstLaunch::kKey, "pings=200 payload=4 ack=5 doubtful=6");
  first = first_launch_of(run);
  EXPECT_TRUE(first.is_repeated);
  EXPECT_EQ(first.text(), "pings=200 payload=4 ack=5 doubtful=6");
}

// A repetition must not hide what it was made for.
TEST(ComparisonTest, ComparesLossesByTheFirstLaunches) {
  Sides sides = interleaved(10, plain(), plain());
  for (auto& run : sides.candidate) {
    repeat(run, 2);
  }
  const Comparison more = compare(sides);
  EXPECT_EQ(more.verdict, Verdict::Regression);
  EXPECT_THAT(more.attribution,
              HasSubstr("losses: 2.0 % of the pings needed a retransmission, 0.0 % before"));
  for (auto& run : sides.baseline) {
    repeat(run, 2);
  }
  const Comparison same = compare(sides);
  EXPECT_EQ(same.verdict, Verdict::NoRegression) << headline(same);
  EXPECT_THAT(same.notes,
              Contains(HasSubstr("were resent: 10 runs of the baseline, 10 of the candidate")));
}

// Losses need a share of alpha only where some run has enough of them.
TEST(ComparisonTest, LeavesTheTimesWhatLossesCannotUse) {
  Sides sides = interleaved(8, plain(), plain());
  const auto least_alpha = [&] { return compare(sides, {.alpha = 0.001}).remedy; };
  EXPECT_THAT(least_alpha(), HasSubstr("--alpha 0.0039"));
  sides.baseline[3].series.begin()->second.resent.payload = 1;  // of 131 pings
  EXPECT_THAT(least_alpha(), HasSubstr("--alpha 0.0045"));
  repeat(sides.baseline[3], 0);
  EXPECT_THAT(least_alpha(), HasSubstr("--alpha 0.0039"));
}

TEST(ComparisonTest, PassesARareRepetitionButNotARiseThatMayBeChance) {
  Sides sides = interleaved(10, plain(), plain());
  repeat(sides.candidate[0], 2);
  EXPECT_EQ(compare(sides).verdict, Verdict::NoRegression);
  repeat(sides.candidate[1], 4);
  const Comparison result = compare(sides);
  EXPECT_EQ(result.verdict, Verdict::Inconclusive);
  EXPECT_THAT(
      headline(result),
      HasSubstr("no slowdown found, but 0.6 % of the pings needed a retransmission, 0.0 % before"));
  EXPECT_EQ(compare(sides, {.is_lenient = true}).verdict, Verdict::NoRegression);
  std::swap(sides.baseline, sides.candidate);
  EXPECT_EQ(compare(sides).verdict, Verdict::NoRegression);
}

TEST(ComparisonTest, KeepsSizesOfWhichAPingWasResent) {
  const auto resend = [](auto& run, std::size_t number) {
    SizeSeries& series = std::next(run.series.begin(), static_cast<std::ptrdiff_t>(number))->second;
    change_samples(series, [](auto& samples) { samples.pop_back(); });
    ++series.resent.payload;
  };
  for (const std::uint32_t rounds : {5U, 10U, 50U}) {
    SyntheticRun some = plain();
    some.rounds = rounds;
    some.sizes.clear();
    for (std::uint32_t bytes = 1; bytes < 4000; bytes += 40) {
      some.sizes.push_back(bytes);
    }
    Sides sides = interleaved(10, some, some);
    for (auto* side : {&sides.baseline, &sides.candidate}) {  // one ping of every run, of any size
      for (std::size_t i = 0; i < side->size(); ++i) {
        resend((*side)[i], i);
      }
    }
    const Comparison result = compare(sides);
    EXPECT_EQ(result.verdict, Verdict::NoRegression) << rounds << headline(result);
    EXPECT_EQ(result.sizes, some.sizes.size());
    for (auto& run : sides.candidate) {
      for (std::size_t i = 0; i < 2 * rounds; ++i) {  // 2 %
        resend(run, 10 + i % 90);
      }
    }
    EXPECT_THAT(compare(sides).attribution, HasSubstr("losses: 2.")) << rounds;
  }
}

TEST(ComparisonRefusalTest, RunsInWhichEveryPingWasRetransmittedLeaveNothing) {
  Sides sides = interleaved(10, plain(), plain());
  for (auto* side : {&sides.baseline, &sides.candidate}) {
    for (auto& run : *side) {
      for (auto& [size, series] : run.series) {
        series.resent.payload = series.pings();
        series.rtts = SampleSketch();
      }
    }
  }
  expect_refusal(compare(sides), "nothing is left to compare");
}

TEST(ComparisonRefusalTest, FewCommonSizesAreNamed) {
  SyntheticRun shorter = plain();
  shorter.sizes.resize(6);
  expect_refusal(compare(interleaved(10, plain(), shorter)), "only 6 of 13 payload sizes");
}

TEST(ComparisonRefusalTest, SizesWithoutOverlapCannotBeCompared) {
  SyntheticRun others = plain();
  others.sizes = {2, 202, 602};
  expect_not_comparable(compare(interleaved(10, plain(), others)),
                        "no payload size was measured in all runs");
}

TEST(ComparisonRefusalTest, AnotherLinkCannotBeComparedUnlessAskedFor) {
  SyntheticRun other = plain();
  other.link = "lan";
  const Sides sides = interleaved(10, plain(), other);
  expect_not_comparable(compare(sides), "the link differs: veth and lan");
  EXPECT_EQ(compare(sides, {.ignores_environment = true}).verdict, Verdict::NoRegression);
}

TEST(ComparisonRefusalTest, ASideOfTwoMssCannotBeCompared) {
  Sides sides = interleaved(10, plain(), plain());
  SyntheticRun other = plain();
  other.mss = 1336;
  other.name = "other";
  sides.candidate.push_back(make_run(other));
  expect_not_comparable(compare(sides), "the runs of the candidate differ in MSS");
}

TEST(ComparisonRefusalTest, ARunOnBothSidesIsAnError) {
  Sides sides = interleaved(10, plain(), plain());
  sides.candidate.push_back(sides.baseline.front());
  EXPECT_THROW(compare(sides), WorldError);
}

TEST(ComparisonTest, CountsARunThatIsGivenTwiceOnce) {
  Sides sides = interleaved(10, plain(), plain());
  sides.baseline.push_back(sides.baseline.front());
  const Comparison result = compare(sides);
  EXPECT_EQ(result.baseline.runs, 10U);
  EXPECT_THAT(result.notes, Contains(HasSubstr("counted once")));
}

}  // namespace
}  // namespace tcpstep
