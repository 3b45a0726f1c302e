#include "analysis/gnuplot_script.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tcpstep {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

LinkRuns stairs(std::uint32_t mss, std::uint32_t rounds = 3) {
  LinkRuns runs;
  runs.key.link = "my_link";
  runs.key.mss = Mss(mss);
  runs.runs = 1;
  for (std::uint32_t bytes = 1; bytes <= 9901; bytes += 100) {
    for (std::uint32_t round = 0; round < rounds; ++round) {
      runs.series[PayloadSize(bytes)].add(10us +
                                          segments_needed(PayloadSize(bytes), Mss(mss)) * 5us);
    }
  }
  return runs;
}

TEST(CloseupScriptTest, StatesTheFindingInItsTitle) {
  const PlotScript plot = closeup_script(stairs(1448), "my_link");
  EXPECT_EQ(plot.name, "closeup-my_link");
  EXPECT_THAT(plot.text, HasSubstr("'my_link: a second packet costs +5.00 µs (+33.3 %), "
                                   "a fourth +15.00 µs (+100.0 %)'"));
}

TEST(CloseupScriptTest, SaysThatNothingWasCrossedOnLoopback) {
  EXPECT_THAT(closeup_script(stairs(32741), "x").text,
              HasSubstr("every size is one segment (MSS 32741)"));
}

TEST(CloseupScriptTest, HasATitleWithoutASecondOrAFourthSegment) {
  LinkRuns runs = stairs(1448);
  std::erase_if(runs.series, [](const auto& entry) {
    return entry.first > PayloadSize(1) && entry.first < PayloadSize(6000);
  });
  EXPECT_THAT(closeup_script(runs, "x").text,
              HasSubstr("'my_link: no size needs two or four segments'"));
}

TEST(CloseupScriptTest, LabelsNoPenaltyWhereNoSizeIsOneSegment) {
  LinkRuns runs = stairs(1448);
  std::erase_if(runs.series, [](const auto& entry) { return entry.first < PayloadSize(1500); });
  const std::string text = closeup_script(runs, "x").text;
  EXPECT_THAT(text, HasSubstr("'at 1501 bytes'"));
  EXPECT_THAT(text, Not(HasSubstr(" %'")));
}

TEST(CloseupScriptTest, DrawsBoundariesAtMultiplesOfTheMss) {
  const std::string text = closeup_script(stairs(1348), "x").text;
  EXPECT_THAT(text, HasSubstr("from 1348, graph 0"));
  EXPECT_THAT(text, HasSubstr("from 2696, graph 0"));
  EXPECT_THAT(text, Not(HasSubstr("1448")));
}

TEST(CloseupScriptTest, DrawsNoClassNarrowerThanAPixel) {
  LinkRuns runs = stairs(1);
  EXPECT_THAT(closeup_script(runs, "x").text, Not(HasSubstr("nohead front")));
  runs.key.mss = Mss(10);
  EXPECT_THAT(closeup_script(runs, "x").text, HasSubstr("nohead front"));
}

TEST(AllResultsScriptTest, SwitchesToALogAxisWhenOutliersWouldFlattenTheRest) {
  LinkRuns runs = stairs(1448);
  runs.series[PayloadSize(1)].add(100us);
  EXPECT_THAT(all_results_script(runs, "x").text, HasSubstr("logscale y\n"));
  for (auto& [size, rtts] : runs.series) {
    rtts = {10us, 11us};
  }
  EXPECT_THAT(all_results_script(runs, "x").text, Not(HasSubstr("logscale")));
}

TEST(AllResultsScriptTest, LeavesTheSvgOutWhenItWouldBeHuge) {
  EXPECT_TRUE(all_results_script(stairs(1448, 50), "x").has_svg);
  EXPECT_FALSE(all_results_script(stairs(1448, 51), "x").has_svg);
}

TEST(AllResultsScriptTest, QuotesTitlesSoThatNoTextBecomesACommand) {
  LinkRuns runs = stairs(1448);
  runs.key.link = "a'b`id`$(x)\n\"";
  runs.header.add("effective_congestion_control", "'; system('id')");
  const std::string text = all_results_script(runs, "x").text;
  EXPECT_THAT(text, HasSubstr("'a''b`id`$(x) \""));
  EXPECT_THAT(text, HasSubstr("''; system(''id'')'"));
}

}  // namespace
}  // namespace tcpstep
