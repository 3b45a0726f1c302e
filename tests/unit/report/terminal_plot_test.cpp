#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "lib/report/render.h"
#include "tests/unit/golden.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

LinkRuns stairs() {
  LinkRuns link;
  link.key.mss = Mss(1448);
  for (std::uint32_t bytes = 1; bytes <= 9901; bytes += 100) {
    link.series[PayloadSize(bytes)].add(
        12us + segments_needed(PayloadSize(bytes), Mss(1448)) * 2us + Duration(bytes / 10));
  }
  return link;
}

TEST(TerminalPlotTest, ShowsTheStairsAndTheirBoundaries) {
  for (const std::size_t columns : {80U, 60U, 40U}) {
    const std::string plot = terminal_plot(stairs(), {.columns = columns});
    expect_golden(fmt::format("terminal_plot_{}.txt", columns), plot);
    std::istringstream lines(plot);
    for (std::string line; std::getline(lines, line);) {
      EXPECT_LT(columns_of(line), columns);
    }
  }
}

TEST(TerminalPlotTest, HasTheEndsOfTheAxisWhereNoBoundaryWasCrossed) {
  LinkRuns link = stairs();
  for (const auto mss : {std::optional(Mss(32768)), std::optional<Mss>()}) {
    link.key.mss = mss;
    EXPECT_THAT(terminal_plot(link, {.columns = 60}),
                testing::ContainsRegex("\nbytes +1 +9901\n$"));
  }
}

TEST(TerminalPlotTest, NeedsNoUnicode) {
  const std::string plot = in_ascii(terminal_plot(stairs(), {.is_unicode = false}));
  EXPECT_TRUE(std::ranges::all_of(plot, [](char c) { return c > 0; }));
  EXPECT_THAT(plot, testing::HasSubstr("*"));
}

TEST(TerminalPlotTest, IsEmptyWithoutAnythingToShow) {
  EXPECT_EQ(terminal_plot({}, {}), "");
  LinkRuns flat;
  for (std::uint32_t bytes = 1; bytes <= 901; bytes += 100) {
    flat.series[PayloadSize(bytes)].add(10us);
  }
  EXPECT_EQ(terminal_plot(flat, {}), "");
  EXPECT_EQ(terminal_plot(stairs(), {.columns = 20}), "");
}

}  // namespace
}  // namespace tcpstep
