#include "lib/cli/progress_bar.h"

#include <gtest/gtest.h>

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

// Of UTF-8, as a terminal counts.
std::size_t columns_of(const std::string& line) {
  std::size_t columns = 0;
  for (const char c : line) {
    columns += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1 : 0;
  }
  return columns;
}

TEST(ProgressLineTest, ShowsHowFarAndHowLong) {
  EXPECT_EQ(progress_line("round", 7, 20, 7s, "veth", 100),
            "round  7/20 ━━━━━━━━━━━───────────────────  35 %  eta 13 s  veth");
}

TEST(ProgressLineTest, HasAShorterBarWhereTheRestNeedsTheRoom) {
  EXPECT_EQ(progress_line("round", 7, 20, 7s, "1 B ~22.71 µs  2nd +15 %", 64),
            "round  7/20 ━━━━─────  35 %  eta 13 s  1 B ~22.71 µs  2nd +15 %");
}

TEST(ProgressLineTest, GuessesNoEndBeforeTheFirstRound) {
  EXPECT_EQ(progress_line("round", 0, 20, 1s, "", 80),
            "round  0/20 ──────────────────────────────   0 %");
}

TEST(ProgressLineTest, IsNeverAsWideAsTheTerminal) {
  const std::string name(64, 'x');
  for (std::size_t columns = 1; columns <= 140; ++columns) {
    EXPECT_LT(columns_of(progress_line("round", 7, 20, 7s, name, columns)), columns);
  }
  EXPECT_EQ(progress_line("round", 7, 20, 7s, name, 40), "round  7/20 ━━━━───────  35 %  eta 13 s");
  EXPECT_EQ(progress_line("round", 7, 20, 7s, name, 12), "round  7/20");
}

}  // namespace
}  // namespace tcpstep
