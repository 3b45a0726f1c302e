#include "lib/cli/progress_bar.h"

#include <gtest/gtest.h>

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

TEST(ProgressLineTest, ShowsHowFarAndHowLong) {
  EXPECT_EQ(progress_line("round", 7, 20, 7s, "veth"),
            "round  7/20 ━━━━━━━━━━━───────────────────  35 %  eta 13 s  veth");
}

TEST(ProgressLineTest, GuessesNoEndBeforeTheFirstRound) {
  EXPECT_EQ(progress_line("round", 0, 20, 1s, ""),
            "round  0/20 ──────────────────────────────   0 %  ");
}

}  // namespace
}  // namespace tcpstep
