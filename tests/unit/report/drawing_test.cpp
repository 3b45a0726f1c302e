#include "lib/report/drawing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

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
  runs.fewest_rounds = runs.most_rounds = rounds;
  for (std::uint32_t bytes = 1; bytes <= 9901; bytes += 100) {
    for (std::uint32_t round = 0; round < rounds; ++round) {
      runs.series[PayloadSize(bytes)].add(10us +
                                          segments_needed(PayloadSize(bytes), Mss(mss)) * 5us);
    }
  }
  return runs;
}

Drawing closeup_of(const LinkRuns& runs) {
  return closeup(runs, kPicture);
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

TEST(CloseupTest, StatesWhatAReaderOfThePictureAloneHasToKnow) {
  LinkRuns runs = stairs(1448);
  for (const auto& [key, value] : {std::pair("tool", "tcpstep 0.1.0 (git ab35828)"),
                                   std::pair("effective_congestion_control", "cubic")}) {
    runs.header.add(key, value);
  }
  runs.senders = {"desk"};
  runs.receivers = {"phone"};
  runs.first_start = runs.last_start = std::chrono::sys_days(2026y / 11 / 22) + 16h + 41min;
  EXPECT_THAT(closeup_of(runs).subtitle,
              ElementsAre("desk → phone, MSS 1448, cubic, 2026-11-22 16:41 UTC, 1 run × 3 rounds × "
                          "100 sizes, 0 lost, tcpstep 0.1.0"));
  runs.key.is_up = true;
  runs.senders.clear();
  runs.varying = {"tool"};
  runs.warnings = {"one_processor", "virtual_machine"};
  runs.partial_runs = 1;
  EXPECT_THAT(closeup_of(runs).subtitle,
              ElementsAre("client → server, MSS 1448, cubic, 2026-11-22 16:41 UTC, 1 run × 3 "
                          "rounds × 100 sizes, 0 lost",
                          "! partial: the run ended early, and this is what it has  ! Only one "
                          "processor was available.  ! The measuring host is a virtual machine."));
}

TEST(CloseupTest, OfVirtualTimeHasNoDateAndNoWarningsOfTheHost) {
  LinkRuns runs = stairs(1448);
  runs.warnings = {"one_processor", "virtual_machine", "other_load"};
  runs.header.add("started_utc", "2020-01-01T00:11:01.243050Z");
  runs.header.add("lab_time", "virtual");
  EXPECT_THAT(closeup_of(runs).subtitle,
              ElementsAre("server → client, MSS 1448, virtual time, 1 run × 3 rounds × 100 sizes, "
                          "0 lost"));
}

TEST(CloseupTest, SaysThatNoBoundaryWasCrossedOnLoopback) {
  EXPECT_THAT(closeup_of(stairs(32741)).title, HasSubstr("every size is one packet (MSS 32741)"));
}

TEST(CloseupTest, HasATitleWithoutASecondOrAFourthSegment) {
  LinkRuns runs = stairs(1448);
  std::erase_if(runs.series, [](const auto& entry) {
    return entry.first > PayloadSize(1) && entry.first < PayloadSize(6000);
  });
  EXPECT_EQ(closeup_of(runs).title, "my_link: no size needs two or four packets");
}

TEST(CloseupTest, LabelsClassesWithTheirPenalties) {
  EXPECT_THAT(texts_of(closeup_of(stairs(4000))),
              ElementsAre("1 packet", "15.00 µs", "at 1 byte", "2 packets", "+5.00 µs", "+33.3 %",
                          "3 packets", "+10.00 µs", "+66.7 %"));
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
    rtts = SampleSketch{10us, 11us};
  }
  EXPECT_FALSE(all_results(runs, kPicture).panels[0].y.is_log);
}

TEST(AllResultsTest, AreTooManyForAnSvgAbove5000Points) {
  EXPECT_TRUE(all_results(stairs(1448, 45), kPicture).is_small());
  EXPECT_FALSE(all_results(stairs(1448, 51), kPicture).is_small());
}

std::vector<LinkRuns> copies_of(std::size_t count, std::uint32_t mss) {
  std::vector<LinkRuns> links(count);
  std::ranges::generate(links, [&] { return stairs(mss); });
  return links;
}

TEST(TogetherTest, ShowsEveryLinkRelativeToItsSmallestSize) {
  std::vector<LinkRuns> links = copies_of(3, 5000);
  links[1].key.link = "other";
  links[2].series.clear();  // nothing to draw
  const Drawing drawing = together(links, kPicture);
  ASSERT_EQ(drawing.panels.size(), 1U);
  EXPECT_THAT(texts_of(drawing), ElementsAre("my_link  15.00 µs", "other  15.00 µs"));
  EXPECT_NEAR(drawing.panels[0].curves.back().points.back().y, 33.3, 0.1);
}

TEST(TogetherTest, StepsAtTheBoundaryBetweenTwoSizes) {
  const auto links = copies_of(1, 5000);
  const Drawing drawing = together(links, kPicture);
  const Curve& curve = drawing.panels[0].curves.back();
  const auto at = std::ranges::find(curve.points, 5000.0, &Point::x);
  ASSERT_NE(at, curve.points.end());
  EXPECT_DOUBLE_EQ(at->y, 0);
  EXPECT_DOUBLE_EQ(std::next(at)->x, 5000);
  EXPECT_NEAR(std::next(at)->y, 33.3, 0.1);
}

TEST(TogetherTest, SaysWhatWasMeasured) {
  std::vector<LinkRuns> links = copies_of(2, 5000);
  links[1].warnings = {"virtual_machine"};
  EXPECT_THAT(
      together(links, kPicture).subtitle,
      ElementsAre(HasSubstr("2 runs, MSS 5000; fastest pings relative to"),
                  "! The measuring host is a virtual machine. Its host may take the processor "
                  "away: trust the fastest pings, and repeat runs."));
}

TEST(TogetherTest, GivesMoreThanEightLinksAPanelEach) {
  EXPECT_EQ(together(copies_of(8, 1448), kPicture).panels.size(), 1U);
  const Drawing drawing = together(copies_of(9, 1448), kPicture);
  EXPECT_EQ(drawing.panels.size(), 9U);
  EXPECT_GT(drawing.panels.back().y.high, 40);  // all of one scale
  EXPECT_EQ(drawing.panels.front().y.high, drawing.panels.back().y.high);
}

TEST(AxisTitleTest, SaysWhereTheAxisStartsUnlessItIsZero) {
  EXPECT_EQ(axis_title("RTT", "µs", 12.98), "RTT (µs), axis starts at 13 µs");
  EXPECT_EQ(axis_title("RTT", "µs", 1440.2), "RTT (µs), axis starts at 1440 µs");
  EXPECT_EQ(axis_title("change", "%", -2), "change (%)");
}

const std::vector<std::string> kFormats{"png"};

TEST(GnuplotScriptTest, QuotesTextSoThatNoneBecomesACommand) {
  LinkRuns runs = stairs(1448);
  runs.key.link = "a'b`id`$(x)\n\"";
  runs.header.add("effective_congestion_control", "'; system('id')");
  const std::string text = gnuplot_script(all_results(runs, kPicture), kFormats);
  EXPECT_THAT(text, HasSubstr("'a''b`id`$(x) \""));
  EXPECT_THAT(text, HasSubstr("''; system(''id'')"));
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

TEST(GnuplotScriptTest, SetsLinesThatAreTooLongInSmallerLetters) {
  Drawing drawing = closeup_of(stairs(1448));
  drawing.title = std::string(99, 'x');
  drawing.subtitle = {"short", std::string(183, 'x')};
  const std::string text = gnuplot_script(drawing, kFormats);
  EXPECT_THAT(text, HasSubstr("font 'DejaVu Sans:Bold,13.6'"));
  EXPECT_THAT(text, HasSubstr("font ',10'"));
  EXPECT_THAT(text, HasSubstr("font ',9.02'"));
  drawing.title = std::string(500, 'y');
  EXPECT_THAT(gnuplot_script(drawing, kFormats), Not(HasSubstr(std::string(137, 'y'))));
}

}  // namespace
}  // namespace tcpstep
