#include "lab/table.h"

#include <gmock/gmock.h>

#include <array>

#include "lib/link/prediction.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

// 100 ms, and 5 ms more for each segment beyond the first; the average dips at 1001 bytes.
LinkRuns runs() {
  LinkRuns runs;
  runs.key.link = "slow-x10";
  runs.key.mss = kLabMss;
  for (const std::uint32_t size : {1U, 1001U, 1401U, 2001U, 3001U, 5001U}) {
    const Duration least = 95ms + segments_needed(PayloadSize(size), kLabMss) * 5ms;
    runs.series[PayloadSize(size)] = {least, least + (size < 1000 ? 80ms : 10ms)};
  }
  return runs;
}

TEST(LabTableTest, PutsTheMeasuredBesideTheYear2014) {
  const std::string table = render_table(std::array{
      table_column(runs(), {.filling = 0, .second = 4, .fourth = 25, .average_filling = -35})});
  EXPECT_THAT(table, testing::HasSubstr("5.0 (4, +1.0) |"));
  EXPECT_THAT(table, testing::HasSubstr("15.0 (25, -10.0) |"));
  EXPECT_THAT(table, testing::HasSubstr("-25.0 (-35, +10.0) |"));
  EXPECT_THAT(table, testing::HasSubstr("The largest difference from 2014 is -10.0 points"));
}

TEST(LabTableTest, FindsTheSweetSpotOfTheAverage) {
  LinkRuns with_step = runs();
  with_step.series[PayloadSize(2001)] = {101ms, 111ms};  // 1 % above the lowest average
  const TableColumn column = table_column(with_step, {});
  EXPECT_EQ(column.sweet_spot->smallest, PayloadSize(1001));
  EXPECT_EQ(column.sweet_spot->largest, PayloadSize(2001));
}

TEST(LabTableTest, NamesWhatIsNoise) {
  EXPECT_THAT(render_table(std::array{table_column(runs(), {})}),
              testing::HasSubstr("lost in noise"));
}

}  // namespace
}  // namespace tcpstep
