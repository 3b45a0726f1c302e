#include "lib/compare/comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "lib/base/error.h"
#include "lib/compare/render.h"
#include "tests/unit/compare/synthetic_runs.h"

namespace tcpstep {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

double stairs(std::uint32_t bytes, std::uint32_t mss) {
  return 10'000 + bytes + 3000.0 * (segments_needed(PayloadSize(bytes), Mss(mss)) - 1);
}

SyntheticRun with(double (*ns)(std::uint32_t)) {
  return {.ns = ns};
}

SyntheticRun plain() {
  return with([](std::uint32_t bytes) { return stairs(bytes, 1448); });
}

// What cannot be decided is refused with a reason, never passed.
void expect_refusal(const Comparison& result, const std::string& reason) {
  EXPECT_EQ(result.verdict, Verdict::Inconclusive);
  EXPECT_THAT(result.reasons, Contains(HasSubstr(reason)));
  EXPECT_FALSE(result.excluded);
  for (const ContrastResult& row : result.contrasts) {
    EXPECT_FALSE(row.p_slower);
    EXPECT_FALSE(row.is_slower);
  }
}

Comparison compare(const Sides& sides, const CompareSettings& settings = {}) {
  return compare(sides.baseline, sides.candidate, settings);
}

TEST(ComparisonTest, PassesTwoSidesThatAreAlikeAndSaysWhatItExcludes) {
  const Comparison result = compare(interleaved(10, plain(), plain()));
  EXPECT_EQ(result.verdict, Verdict::NoRegression);
  EXPECT_EQ(result.blocks, 5U);
  EXPECT_GT(*result.excluded, 0);
  EXPECT_LT(*result.excluded, 0.05);
  EXPECT_FALSE(result.runs_for_tolerance);
  EXPECT_THAT(headline(result), HasSubstr("slower is ruled out"));
}

TEST(ComparisonTest, SaysHowManyRunsATighterToleranceNeeds) {
  const Sides sides = interleaved(10, plain(), plain());
  const Comparison result = compare(sides, {.tolerance = 0.0005});
  EXPECT_EQ(result.verdict, Verdict::Inconclusive);
  EXPECT_GT(*result.runs_for_tolerance, 10U);
  EXPECT_THAT(headline(result), HasSubstr("CANNOT TELL: no slowdown found, but up to"));
  EXPECT_EQ(compare(sides, {.tolerance = 0.0005, .is_lenient = true}).verdict,
            Verdict::NoRegression);
}

TEST(ComparisonTest, CallsAShiftOfAllSizesUniform) {
  for (const std::size_t runs : {4U, 10U}) {  // rotations, then shuffles
    const Comparison result = compare(interleaved(
        runs, plain(), with([](std::uint32_t bytes) { return 1.1 * stairs(bytes, 1448); })));
    EXPECT_EQ(result.verdict, Verdict::Regression);
    EXPECT_THAT(result.attribution, HasSubstr("uniform"));
  }
}

TEST(ComparisonTest, SaysFromWhichSegmentOn) {
  const Comparison result = compare(interleaved(
      10, plain(),
      with([](std::uint32_t bytes) { return stairs(bytes, 1448) + (bytes > 1448 ? 2000 : 0); })));
  EXPECT_THAT(result.attribution, HasSubstr("from 2 segments on +2."));
  EXPECT_THAT(result.attribution, HasSubstr("; 1 segment unchanged ("));
  for (const ContrastResult& row : result.contrasts) {
    if (row.contrast == Contrast{.family = Family::Floor, .segments = 1}) {
      EXPECT_FALSE(row.is_slower);
      EXPECT_NEAR(row.change, 0, 0.02);
    }
  }
}

TEST(ComparisonTest, NamesASpeedUpWithoutFailing) {
  const Comparison result = compare(interleaved(
      10, plain(), with([](std::uint32_t bytes) { return 0.9 * stairs(bytes, 1448); })));
  EXPECT_EQ(result.verdict, Verdict::Faster);
  EXPECT_THAT(headline(result), HasSubstr("FASTER: uniform: all sizes -10"));
  EXPECT_TRUE(result.contrasts.front().is_faster);
  EXPECT_FALSE(result.contrasts.front().is_slower);
}

// All sizes gain the same time, so the steps are a larger share of what is left.
TEST(ComparisonTest, DoesNotCallALargerStepBesideFasterFloorsARegression) {
  for (const double deviation : {0.004, 0.015}) {
    SyntheticRun before = plain();
    before.deviation = deviation;
    SyntheticRun after = before;
    after.ns = [](std::uint32_t bytes) { return stairs(bytes, 1448) - 2000; };
    const Comparison result = compare(interleaved(10, before, after));
    EXPECT_EQ(result.verdict, Verdict::Faster) << headline(result);
    after.ns = [](std::uint32_t bytes) {
      return stairs(bytes, 1448) * (bytes <= 1448 ? 0.7 : 0.75);
    };
    EXPECT_EQ(compare(interleaved(10, before, after)).verdict, Verdict::Faster);
  }
}

TEST(ComparisonTest, IgnoresAShiftBelowTheMinimumEffect) {
  const SyntheticRun slower = with([](std::uint32_t bytes) { return 1.03 * stairs(bytes, 1448); });
  EXPECT_EQ(compare(interleaved(10, plain(), slower)).verdict, Verdict::Regression);
  EXPECT_EQ(compare(interleaved(10, plain(), slower), {.minimum_effect = 0.1}).verdict,
            Verdict::NoRegression);
}

SyntheticRun of_mss(std::uint32_t mss) {
  SyntheticRun run;
  run.mss = mss;
  run.sizes.clear();
  for (std::uint32_t bytes = 1; bytes <= 4901; bytes += 100) {
    run.sizes.push_back(bytes);
  }
  run.ns = [mss](std::uint32_t bytes) { return stairs(bytes, mss); };
  return run;
}

TEST(ComparisonTest, SeesAMovedBoundaryAndNamesTheSizes) {
  const Comparison result = compare(interleaved(10, of_mss(1448), of_mss(1336)));
  EXPECT_EQ(result.verdict, Verdict::Regression);
  EXPECT_THAT(result.attribution, HasSubstr("packet boundary moved: MSS 1448 to 1336"));
  std::vector<std::uint32_t> slower;
  for (const LocalResult& local : result.locals) {
    slower.push_back(local.size.bytes());
  }
  EXPECT_EQ(slower, (std::vector<std::uint32_t>{1401, 2701, 2801, 4101, 4201, 4301}));
}

TEST(ComparisonTest, ComparesOnlySizesOfTheSameSegmentsIfAskedTo) {
  const Comparison result =
      compare(interleaved(10, of_mss(1448), of_mss(1336)), {.ignores_segmentation = true});
  EXPECT_EQ(result.verdict, Verdict::NoRegression);
  EXPECT_EQ(result.sizes, 44U);
}

TEST(ComparisonTest, DoesNotCallASingleSlowSizeABoundary) {
  SyntheticRun slower = of_mss(1448);
  slower.ns = [](std::uint32_t bytes) { return stairs(bytes, 1448) * (bytes == 901 ? 1.2 : 1); };
  const Comparison result = compare(interleaved(10, of_mss(1448), slower));
  EXPECT_EQ(result.attribution, "single sizes, not their classes: 1 size (901 bytes)");
}

TEST(ComparisonTest, FitsAnUnknownMss) {
  SyntheticRun unknown = of_mss(1448);
  unknown.mss = 0;
  const Comparison result = compare(interleaved(10, unknown, unknown));
  EXPECT_EQ(result.verdict, Verdict::NoRegression);
  ASSERT_TRUE(result.mss);
  EXPECT_NEAR(result.mss->bytes(), 1448, 20);
  EXPECT_THAT(result.notes, Contains(HasSubstr("MSS is unknown; its times fit an MSS of")));
}

TEST(ComparisonTest, MakesNoStepsUpWhereTheTimesShowNone) {
  SyntheticRun flat = of_mss(1448);
  flat.mss = 0;
  flat.ns = [](std::uint32_t) { return 10'000.0; };
  const Comparison result = compare(interleaved(10, flat, flat));
  EXPECT_FALSE(result.mss);
  for (const ContrastResult& row : result.contrasts) {
    EXPECT_NE(row.contrast.family, Family::Step);
  }
}

TEST(ComparisonTest, CallsASlowTailATail) {
  SyntheticRun quiet = plain();
  SyntheticRun heavy = plain();
  quiet.rounds = heavy.rounds = 20;
  Sides sides = interleaved(10, quiet, heavy);
  for (auto& run : sides.candidate) {
    for (auto& [size, series] : run.series) {
      change_samples(series, [](auto& samples) { samples[7] *= 3; });
    }
  }
  const Comparison result = compare(sides);
  EXPECT_EQ(result.verdict, Verdict::Regression);
  EXPECT_THAT(result.attribution, HasSubstr("tail"));
}

TEST(ComparisonTest, NamesWhatElseDiffers) {
  Sides sides = interleaved(10, plain(), plain());
  for (auto& run : sides.baseline) {
    run.header.add("server_os", "Linux 6.1");
  }
  for (auto& run : sides.candidate) {
    run.header.add("server_os", "Linux 6.12");
  }
  const Comparison result = compare(sides);
  ASSERT_EQ(result.environment.size(), 1U);
  EXPECT_THAT(render_text(result),
              HasSubstr("kernel of the measuring host: Linux 6.1 before, Linux 6.12 now"));
}

TEST(ComparisonRefusalTest, OneRunEachSaysNothing) {
  const Comparison result = compare(interleaved(1, plain(), plain()));
  expect_refusal(result, "1 run of the baseline and 1 run of the candidate: at least 4 per side");
  EXPECT_THAT(result.remedy, HasSubstr("tcpstep-analyze ab"));
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
  expect_refusal(compare(sides), "no block of the runs has runs of both sides");
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
  EXPECT_EQ(result.remedy, "Make 10 + 10 runs, or use --alpha 0.0045.");
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
  expect_refusal(compare(sides), "losses: 3 lost and 0 retransmitted of 130 pings");
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

void expect_not_comparable(const Comparison& result, const std::string& reason) {
  EXPECT_EQ(result.verdict, Verdict::NotComparable);
  EXPECT_THAT(result.reasons, Contains(HasSubstr(reason)));
  EXPECT_THAT(result.contrasts, IsEmpty());
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

TEST(ComparisonTest, DecidesRunsWithoutVariance) {
  SyntheticRun constant = plain();
  constant.noise = constant.deviation = 0;
  SyntheticRun slower = constant;
  slower.ns = [](std::uint32_t bytes) { return 1.05 * stairs(bytes, 1448); };
  for (const std::size_t runs : {4U, 10U}) {
    EXPECT_EQ(compare(interleaved(runs, constant, constant)).verdict, Verdict::NoRegression);
    EXPECT_EQ(compare(interleaved(runs, constant, slower)).verdict, Verdict::Regression);
  }
}

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
  EXPECT_THAT(result.notes, Contains(HasSubstr("seed 1: complete, 0 lost, 0 retransmitted")));
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
  EXPECT_TRUE(parse_utc("2026-11-22T16:41:59Z"));
  for (const char* text : {"", "2026-11-22", "2026-13-22T16:41:59Z", "2026-11-22T16:41:59.25Z",
                           "2026-11-22T25:41:59Z", "2026-11-22T16:41:59.254708Zx"}) {
    EXPECT_FALSE(parse_utc(text)) << text;
  }
}

}  // namespace
}  // namespace tcpstep
