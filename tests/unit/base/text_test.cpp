#include "lib/base/text.h"

#include <gtest/gtest.h>

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

TEST(TextTest, ShowsDurationsInTheUnitAReaderExpects) {
  EXPECT_EQ(format_duration(8359ns), "8.359 µs");
  EXPECT_EQ(format_duration(168'912ns), "168.9 µs");
  EXPECT_EQ(format_duration(999'900ns), "999.9 µs");
  EXPECT_EQ(format_duration(1'154'000ns), "1.154 ms");
  EXPECT_EQ(format_duration(34'229'113ns), "34.23 ms");
  EXPECT_EQ(format_duration(2500ms), "2.500 s");
  EXPECT_EQ(format_duration(0ns), "0.000 µs");
}

TEST(RoughDurationTest, IsInSecondsOrMinutes) {
  EXPECT_EQ(rough_duration(0ns), "1 s");
  EXPECT_EQ(rough_duration(49'100ms), "50 s");
  EXPECT_EQ(rough_duration(119s), "119 s");
  EXPECT_EQ(rough_duration(230s), "4 min");
}

TEST(TextTest, KeepsADifferenceInTheUnitOfItsScale) {
  EXPECT_EQ(format_difference(4'690'000ns, 34ms), "+4.69 ms");
  EXPECT_EQ(format_difference(-680ns, 8us), "-0.68 µs");
}

TEST(TextTest, CountsWithTheRightNoun) {
  EXPECT_EQ(count_of(1, "run"), "1 run");
  EXPECT_EQ(count_of(0, "run"), "0 runs");
}

TEST(TextTest, SplitsWhatSeparatorsSeparate) {
  using Parts = std::vector<std::string_view>;
  EXPECT_EQ(split("1,,22", ","), (Parts{"1", "", "22"}));
  EXPECT_EQ(split("a or b", " or "), (Parts{"a", "b"}));
  EXPECT_EQ(split("", ","), (Parts{""}));
}

TEST(TextTest, FindsTheLastLineOfAMessage) {
  EXPECT_EQ(last_line("warning\nfailed\n\n"), "failed");
  EXPECT_EQ(last_line("failed"), "failed");
  EXPECT_EQ(last_line("\n"), "");
}

TEST(TextTest, MakesOutsideTextHarmlessOnATerminal) {
  EXPECT_EQ(printable("\x1b[2Jx\n"), "\\x1b[2Jx\\x0a");
  EXPECT_EQ(printable("abcdef", 3), "abc…");
}

TEST(TextTest, KeepsHeaderValuesFreeOfWhatMisleadsCsvReaders) {
  EXPECT_EQ(header_safe("Intel(R) \"Xeon\", #1\r\n"), "Intel(R) 'Xeon'   1  ");
}

}  // namespace
}  // namespace tcpstep
