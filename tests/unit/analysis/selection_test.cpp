#include "analysis/selection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "lib/base/error.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

const UtcTime kNow = std::chrono::sys_days(2026y / 11 / 27) + 19h + 30min;
const UtcTime kDay = std::chrono::sys_days(2026y / 11 / 20);

TEST(SelectionTest, TakesAgesAndTimes) {
  for (const bool is_end : {false, true}) {
    EXPECT_EQ(parse_moment("7d", kNow, is_end), kNow - std::chrono::days(7));
    EXPECT_EQ(parse_moment("90min", kNow, is_end), kNow - 90min);
    EXPECT_EQ(parse_moment("2026-11-20T09:30", kNow, is_end), kDay + 9h + 30min);
    EXPECT_EQ(parse_moment("2026-11-20T09:30:15", kNow, is_end), kDay + 9h + 30min + 15s);
    EXPECT_EQ(parse_moment("2026-11-20T09:30:15Z", kNow, is_end), kDay + 9h + 30min + 15s);
  }
}

TEST(SelectionTest, ADayAloneIsItsBeginningOrItsEnd) {
  EXPECT_EQ(parse_moment("2026-11-20", kNow, false), kDay);
  EXPECT_EQ(parse_moment("2026-11-20", kNow, true), kDay + 24h);
}

TEST(SelectionTest, RefusesEverythingElse) {
  for (const char* text :
       {"", "7", "d", "now", "2026-11", "2026-13-01", "20-11-2026", "2026-11-20 9",
        "2026-11-20T25:00", "-7d", "1e9d", "200y", "2026-11-20T09:30:15.5Z"}) {
    EXPECT_THROW(static_cast<void>(parse_moment(text, kNow, false)), UsageError) << text;
  }
}

}  // namespace
}  // namespace tcpstep
