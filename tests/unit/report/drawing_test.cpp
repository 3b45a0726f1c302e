#include "lib/report/drawing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/report/link_drawings.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
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

Drawing closeup_of(const LinkRuns& runs) {
  return closeup(levels_of(runs), kPicture);
}

std::size_t points_of(const Drawing& drawing, std::string_view key) {
  for (const Curve& curve : drawing.panels[0].curves) {
    if (curve.key == key) {
      return curve.points.size();
    }
  }
  return 0;
}

std::vector<std::string> texts_of(const Drawing& drawing) {
  std::vector<std::string> texts;
  for (const Label& label : drawing.panels[0].labels) {
    texts.push_back(label.text);
  }
  return texts;
}

std::vector<std::string> ticks_of(const Axis& axis) {
  std::vector<std::string> texts;
  for (const Tick& tick : axis.ticks) {
    texts.push_back(tick.text);
  }
  return texts;
}

TEST(CloseupTest, StatesTheFindingInItsTitle) {
  EXPECT_EQ(closeup_of(stairs(1448)).title,
            "my_link: a second packet costs +5.00 µs (+33.3 %), a fourth +15.00 µs (+100.0 %)");
}

TEST(CloseupTest, SaysThatNoBoundaryWasCrossedOnLoopback) {
  EXPECT_THAT(closeup_of(stairs(32741)).title, HasSubstr("every size is one segment (MSS 32741)"));
}

TEST(CloseupTest, HasATitleWithoutASecondOrAFourthSegment) {
  LinkRuns runs = stairs(1448);
  std::erase_if(runs.series, [](const auto& entry) {
    return entry.first > PayloadSize(1) && entry.first < PayloadSize(6000);
  });
  EXPECT_EQ(closeup_of(runs).title, "my_link: no size needs two or four segments");
}

TEST(CloseupTest, LabelsClassesWithTheirPenalties) {
  EXPECT_THAT(texts_of(closeup_of(stairs(4000))),
              ElementsAre("1 segment", "15.00 µs", "at 1 byte", "2 segments", "+5.00 µs", "+33.3 %",
                          "3 segments", "+10.00 µs", "+66.7 %"));
}

TEST(CloseupTest, LabelsNoPenaltyWhereNoSizeIsOneSegment) {
  LinkRuns runs = stairs(1448);
  std::erase_if(runs.series, [](const auto& entry) { return entry.first < PayloadSize(1500); });
  const auto texts = texts_of(closeup_of(runs));
  EXPECT_THAT(texts, Contains("at 1501 bytes"));
  EXPECT_THAT(texts, Each(Not(HasSubstr("%"))));
}

TEST(CloseupTest, HasBoundariesAndTicksAtMultiplesOfTheMss) {
  const Panel panel = closeup_of(stairs(2500)).panels[0];
  EXPECT_THAT(ticks_of(panel.x), ElementsAre("0", "2500", "5000", "7500", "10000"));
  std::vector<double> boundaries;
  for (const Curve& curve : panel.curves) {
    for (const Point& point : curve.points) {
      if (curve.stroke == Stroke::Dashed && point.y == panel.y.high) {
        boundaries.push_back(point.x);
      }
    }
  }
  EXPECT_THAT(boundaries, ElementsAre(2500, 5000, 7500, 10000));
}

TEST(CloseupTest, DrawsNoClassNarrowerThanAPixel) {
  LinkRuns runs = stairs(1);
  EXPECT_EQ(points_of(closeup_of(runs), "average of fastest"), 0U);
  runs.key.mss = Mss(10);
  EXPECT_GT(points_of(closeup_of(runs), "average of fastest"), 0U);
}

TEST(AllResultsTest, SwitchesToALogAxisWhenOutliersWouldFlattenTheRest) {
  LinkRuns runs = stairs(1448);
  runs.series[PayloadSize(1)].add(100us);
  const Axis axis = all_results(runs, kPicture).panels[0].y;
  EXPECT_TRUE(axis.is_log);
  EXPECT_THAT(ticks_of(axis), ElementsAre("15", "20", "30", "50", "70", "100"));
  for (auto& [size, rtts] : runs.series) {
    rtts = {10us, 11us};
  }
  EXPECT_FALSE(all_results(runs, kPicture).panels[0].y.is_log);
}

TEST(AllResultsTest, AreTooManyForAnSvgAbove5000Points) {
  EXPECT_TRUE(all_results(stairs(1448, 45), kPicture).is_small());
  EXPECT_FALSE(all_results(stairs(1448, 51), kPicture).is_small());
}

TEST(GnuplotScriptTest, QuotesTextSoThatNoneBecomesACommand) {
  LinkRuns runs = stairs(1448);
  runs.key.link = "a'b`id`$(x)\n\"";
  runs.header.add("effective_congestion_control", "'; system('id')");
  const std::string text = gnuplot_script(all_results(runs, kPicture));
  EXPECT_THAT(text, HasSubstr("'a''b`id`$(x) \""));
  EXPECT_THAT(text, HasSubstr("''; system(''id'')'"));
}

TEST(SvgTest, EscapesText) {
  Drawing drawing{.title = "<b>", .panels = {{.frame = kFigure.plot, .x = {.title = "<i>"}}}};
  drawing.panels[0].labels = {{0, 0, "<u>"}};
  const std::string text = svg(drawing);
  for (const char* raw : {"<b>", "<i>", "<u>"}) {
    EXPECT_THAT(text, Not(HasSubstr(raw)));
  }
}

TEST(EndLabelsTest, AreMovedApart) {
  Panel panel{.frame = {0, 100, 0, 100}};
  add_end_labels(panel, {{1, 0.5, "a"}, {1, 0.51, "b"}, {1, 0, "c"}});
  ASSERT_THAT(texts_of({.panels = {panel}}), ElementsAre("b", "a", "c"));
  EXPECT_DOUBLE_EQ(panel.labels[0].y, 49);
  EXPECT_DOUBLE_EQ(panel.labels[1].y, 64);
  EXPECT_DOUBLE_EQ(panel.labels[2].y, 100);
}

}  // namespace
}  // namespace tcpstep
