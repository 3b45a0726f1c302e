#include "lab/table.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <array>
#include <sstream>
#include <string>
#include <vector>

#include "lib/link/profile_file.h"
#include "tests/unit/golden.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

constexpr Mss kMss(1448);

// 100 ms, and 5 ms more for each segment beyond the first; the average dips at 1001 bytes.
LinkRuns runs() {
  LinkRuns runs;
  runs.key = {.link = "slow-x10", .mss = kMss};
  for (const std::uint32_t size : {1U, 1001U, 1401U, 2001U, 3001U, 5001U}) {
    const Duration least = 95ms + segments_needed(PayloadSize(size), kMss) * 5ms;
    runs.series[PayloadSize(size)] = {least, least + (size < 1000 ? 80ms : 10ms)};
  }
  return runs;
}

TEST(LabTableTest, PutsTheMeasuredBesideTheYear2014) {
  const std::string table = render_table(std::array{table_column(runs(), {.filling = 0,
                                                                          .second = 4,
                                                                          .fourth = 25,
                                                                          .average_filling = -35,
                                                                          .sweet_spot = {},
                                                                          .remark = {}})});
  EXPECT_THAT(table, testing::HasSubstr("5.0 (4, +1.0) |"));
  EXPECT_THAT(table, testing::HasSubstr("15.0 (25, -10.0) |"));
  EXPECT_THAT(table, testing::HasSubstr("-25.0 (-35, +10.0) |"));
  EXPECT_THAT(table, testing::HasSubstr("The largest difference from 2014 is -10.0 points"));
}

TEST(LabTableTest, FitsEveryScreen) {
  std::vector<TableColumn> columns;
  for (const char* profile : {"lan", "adsl-far", "edge"}) {
    LinkRuns link = runs();
    link.key.link = profile == std::string("lan") ? "lan-x100" : profile;
    columns.push_back(table_column(link, reference_2014(profile)));
  }
  for (const std::size_t width : {80U, 60U, 40U}) {
    const std::string text = table_text(columns, {.columns = width});
    expect_golden(fmt::format("lab_table_{}.txt", width), text);
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      EXPECT_LE(columns_of(line), width) << line;
    }
  }
}

TEST(LabTableTest, FindsTheSweetSpotOfTheAverage) {
  LinkRuns with_step = runs();
  with_step.series[PayloadSize(2001)] = {101ms, 111ms};  // 1 % above the lowest average
  const TableColumn column = table_column(with_step, {});
  EXPECT_EQ(column.sweet_spot->smallest, PayloadSize(1001));
  EXPECT_EQ(column.sweet_spot->largest, PayloadSize(2001));
}

TEST(LabTableTest, ReadsTheTableOf2014) {
  for (const BuiltInProfile& profile : built_in_profiles()) {
    const Reference2014 reference = reference_2014(profile.name);
    EXPECT_NE(reference.filling.has_value(), !reference.remark.empty()) << profile.name;
  }
  EXPECT_EQ(reference_2014("wifi").fourth, 80);
  EXPECT_EQ(reference_2014("edge").average_filling, -35);
  EXPECT_EQ(reference_2014("edge").sweet_spot, "800-2100");
  EXPECT_FALSE(reference_2014("mine").filling);
}

TEST(LabTableTest, QuotesWhatWasSaidIn2014) {
  const TableColumn far = table_column(runs(), reference_2014("adsl-far"));
  EXPECT_THAT(render_table(std::array{far}), testing::HasSubstr("lost in noise"));
  const TableColumn edge = table_column(runs(), reference_2014("edge"));
  EXPECT_THAT(render_table(std::array{edge}), testing::HasSubstr("(2014: 800-2100)"));
}

}  // namespace
}  // namespace tcpstep
