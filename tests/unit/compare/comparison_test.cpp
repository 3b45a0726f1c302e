#include "lib/compare/comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string_view>

#include "lib/compare/attribution.h"
#include "lib/compare/render.h"
#include "tests/unit/compare/comparisons.h"

namespace tcpstep {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

TEST(ComparisonTest, PassesTwoSidesThatAreAlikeAndSaysWhatItExcludes) {
  const Comparison result = compare(interleaved(10, plain(), plain()));
  EXPECT_EQ(result.verdict, Verdict::NoRegression);
  EXPECT_EQ(result.blocks, 5U);
  EXPECT_GT(*result.excluded, 0);
  EXPECT_LT(*result.excluded, 0.05);
  EXPECT_FALSE(result.runs_for_tolerance);
  EXPECT_THAT(headline(result), HasSubstr("% is ruled out"));
}

TEST(ComparisonTest, RulesOutNothingBelowZero) {
  Comparison result = compare(interleaved(10, plain(), plain()));
  result.excluded = -0.001;
  EXPECT_THAT(headline(result), HasSubstr("a slowdown of more than 0.0 % is ruled out"));
}

TEST(ComparisonTest, SaysHowManyRunsATighterToleranceNeeds) {
  const Sides sides = interleaved(10, plain(), plain());
  const Comparison result = compare(sides, {.tolerance = 0.0005});
  EXPECT_EQ(result.verdict, Verdict::Inconclusive);
  EXPECT_GT(*result.runs_for_tolerance, 10U);
  EXPECT_THAT(headline(result), HasSubstr("CANNOT TELL: no slowdown found, but one of up to"));
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

// Runs so alike that they show where the world is not as simple as the headline.
TEST(ComparisonTest, NamesTheSimplestChangeAlsoWhereItIsNotExact) {
  SyntheticRun before = plain();
  before.noise = 0.001;
  SyntheticRun after = before;
  after.ns = [](std::uint32_t bytes) {
    return stairs(bytes, 1448) + (bytes <= 1448 ? 0 : bytes <= 2896 ? 2000 : 1850);
  };
  EXPECT_THAT(compare(interleaved(10, before, after)).attribution,
              HasSubstr("from 2 segments on +1.9"));
  after.ns = [](std::uint32_t bytes) {
    return stairs(bytes, 1448) + (bytes <= 1448 ? 0 : bytes <= 2896 ? 2000 : 600);
  };
  EXPECT_THAT(compare(interleaved(10, before, after)).attribution,
              HasSubstr("sizes of 2, 3 segments slower"));
}

// On loopback no payload fills a segment: then there are no segments to name, whatever the noise
// looks like.
TEST(ComparisonTest, NamesNoSegmentsWhereAllSizesAreOneClass) {
  for (int growth = 0; growth < 30; ++growth) {
    SyntheticRun before = plain();
    SyntheticRun after = plain();
    before.ns = [](std::uint32_t) { return 20'000; };
    after.ns = [=](std::uint32_t bytes) { return 26'000 + 0.05 * growth * bytes; };
    before.mss = after.mss = 32768;
    before.deviation = after.deviation = 0.12;
    before.noise = after.noise = 0.5;
    EXPECT_THAT(compare(interleaved(10, before, after)).attribution, Not(HasSubstr("segment")));
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

// The improvement is named with its size even where the noise of the other class leaves room for a
// slowdown.
TEST(ComparisonTest, NamesASpeedUpOfSomeSizesWhereItCannotTellOfTheOthers) {
  const Sides sides = interleaved(10, plain(), with([](std::uint32_t bytes) {
                                    return stairs(bytes, 1448) - (bytes > 1448 ? 2000 : 0);
                                  }));
  const Comparison result = compare(sides, {.tolerance = 0.0005});
  EXPECT_EQ(result.verdict, Verdict::Inconclusive);
  EXPECT_THAT(headline(result), HasSubstr("CANNOT TELL: faster: from 2 segments on -1.9"));
  EXPECT_THAT(headline(result), HasSubstr("but elsewhere a slowdown of up to"));
  EXPECT_EQ(compare(sides, {}).verdict, Verdict::Faster);
}

// Looks at growing numbers of runs share the errors: early ones test more strictly, the last one
// less so.
TEST(ComparisonTest, SharesTheErrorsAmongAllLooks) {
  const Looks looks{.count = 6, .most_runs = 20};
  double sum = 0;
  for (std::uint32_t runs = 10; runs <= 20; runs += 2) {
    sum += looks.share_at(runs);
  }
  EXPECT_DOUBLE_EQ(sum, 1);
  EXPECT_DOUBLE_EQ(Looks{}.share_at(10), 1);
  const Sides sides = interleaved(10, plain(), plain());
  const auto excluded_at = [&](Looks when) { return *compare(sides, {.looks = when}).excluded; };
  EXPECT_GT(excluded_at(looks), excluded_at({.count = 6, .most_runs = 10}));
  EXPECT_GT(excluded_at({.count = 6, .most_runs = 10}), excluded_at({}));
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

// Sizes that need as many segments as before do not tell of a boundary, whatever MSS the times fit:
// a receiver that looks again later after large packets hides a part of what each packet costs.
TEST(ComparisonTest, CallsABoundaryMovedOnlyAtSizesThatCrossIt) {
  SyntheticRun before = of_mss(1448);
  SyntheticRun after = of_mss(1448);
  after.ns = [](std::uint32_t bytes) {
    return 3000 + (bytes < 500 ? 1500 : 0) + stairs(bytes, 1500);
  };
  const Comparison result = compare(interleaved(10, before, after));
  EXPECT_FALSE(result.locals.empty());
  EXPECT_THAT(result.attribution, HasSubstr("all sizes +"));
}

// A receiver that looks again later after large packets makes a step that is no boundary.
TEST(ComparisonTest, SaysWhatMssTheTimesFitOnlyWhereTheStepsAreThatOfSegments) {
  SyntheticRun before = of_mss(1448);
  SyntheticRun after = of_mss(1400);
  EXPECT_THAT(compare(interleaved(10, before, after)).attribution, HasSubstr("the times fit"));
  before.ns = [](std::uint32_t bytes) { return stairs(bytes, 1448) + (bytes > 512 ? 20'000 : 0); };
  after.ns = [](std::uint32_t bytes) { return stairs(bytes, 1400) + (bytes > 512 ? 20'000 : 0); };
  const Comparison result = compare(interleaved(10, before, after));
  EXPECT_THAT(result.attribution, HasSubstr("packet boundary moved: MSS 1448 to 1400; slower at"));
}

TEST(ComparisonTest, SaysTheLeastAndTheMostWhereAllClassesChangedWithoutARule) {
  SyntheticRun before = plain();
  before.noise = 0.001;
  SyntheticRun after = before;
  after.ns = [](std::uint32_t bytes) {
    return stairs(bytes, 1448) * (bytes <= 1448 ? 1.1 : bytes <= 2896 ? 1.4 : 1.2);
  };
  EXPECT_THAT(compare(interleaved(10, before, after)).attribution,
              MatchesRegex("all sizes .*: .(9|10)\\..* % with 1 segment to .(39|40)\\..+ % with 2 "
                           "segments"));
}

// Where whole runs differ much and their classes little, one class that differs from the others by
// a hair stands out. It explains nothing if the others became slower as well.
TEST(ExplanationTest, LeavesOutNoGroupThatMoved) {
  std::vector<Group> groups;
  for (std::uint32_t segments = 1; segments <= 7; ++segments) {
    Group group{.from = segments,
                .level_ns = 30'000 + 8000.0 * segments,
                .change = segments == 6 ? 0.045 : 0.05,
                .rest = {},
                .has_moved = true};
    for (int run = 0; run < 20; ++run) {
      const double own = (run + static_cast<int>(segments)) % 3 == 0 ? 0.002 : -0.001;
      group.rest.push_back((run % 2 == 0 ? 0.2 : -0.2) + own);
    }
    groups.push_back(std::move(group));
  }
  EXPECT_EQ(explain(groups, 2.2, true).kind, Explanation::Kind::Uniform);
  for (Group& group : groups) {
    group.change -= 0.05;
    group.has_moved = group.from == 6;
  }
  EXPECT_EQ(explain(groups, 2.2, false).kind, Explanation::Kind::Only);
  EXPECT_EQ(explain(groups, 2.2, true).kind, Explanation::Kind::Uniform) << "it is not slower";
}

// Where all sizes are one class, they say from which one on.
TEST(ComparisonTest, SaysFromWhichSizeOn) {
  SyntheticRun before = of_mss(32768);
  SyntheticRun after = of_mss(32768);
  after.ns = [](std::uint32_t bytes) { return stairs(bytes, 32768) + (bytes > 3000 ? 3000 : 0); };
  const Comparison result = compare(interleaved(10, before, after));
  EXPECT_FALSE(result.locals.empty());
  EXPECT_THAT(result.attribution, HasSubstr("from 3001 bytes on +3.0"));
}

// A little below it is no reason to blame all sizes.
TEST(ComparisonTest, SaysFromWhichSizeOnAlthoughTheOthersMovedALittle) {
  SyntheticRun before = of_mss(32768);
  SyntheticRun after = of_mss(32768);
  before.ns = [](std::uint32_t /*bytes*/) { return 50'000.0; };
  after.ns = [](std::uint32_t bytes) { return bytes > 1448 ? 1'150'000.0 : 54'500.0; };
  const Comparison result = compare(interleaved(10, before, after));
  EXPECT_THAT(result.attribution,
              AllOf(HasSubstr("from 1501 bytes on +1.1"), HasSubstr("; 1 to 1401 bytes +")));
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

}  // namespace
}  // namespace tcpstep
