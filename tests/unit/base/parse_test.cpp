#include "lib/base/parse.h"

#include <gtest/gtest.h>

#include "lib/base/error.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

TEST(ParseDurationTest, NeedsAUnit) {
  EXPECT_EQ(parse_duration("500us", 0s, 1h), 500us);
  EXPECT_EQ(parse_duration("10ms", 0s, 1h), 10ms);
  EXPECT_EQ(parse_duration("2s", 0s, 1h), 2s);
  EXPECT_EQ(parse_duration("5min", 0s, 1h), 5min);
  EXPECT_EQ(parse_duration("0", 0s, 1h), 0s);
  EXPECT_EQ(parse_duration("0.5s", 0s, 1h), 500ms);
  EXPECT_EQ(parse_duration("1h", 0s, 1h), 1h);
  EXPECT_EQ(parse_duration("2d", 0s, 100h), 48h);
  for (const char* text :
       {"", "10", "s", "1.5.1s", ".s", "1e3ms", "nan", "inf", "-1s", "1 s", "1S", "1hour"}) {
    EXPECT_THROW(static_cast<void>(parse_duration(text, 0s, 1h)), UsageError) << text;
  }
}

TEST(ParseDurationTest, AsksForAMissingUnit) {
  try {
    static_cast<void>(parse_duration("10", 0s, 1h));
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_STREQ(error.what(), "invalid duration '10': the unit is missing, as in 10ms or 10s");
  }
}

TEST(ParseBytesTest, TakesUnits) {
  EXPECT_EQ(parse_bytes("7", 0, UINT64_MAX), 7U);
  EXPECT_EQ(parse_bytes("64k", 0, UINT64_MAX), 64'000U);
  EXPECT_EQ(parse_bytes("256MiB", 0, UINT64_MAX), 268'435'456U);
  EXPECT_EQ(parse_bytes("1GiB", 0, UINT64_MAX), 1'073'741'824U);
  for (const char* text :
       {"", "k", "64kB", "64K", "-1", "1.5k", "1 k", "99999999999999999999GiB"}) {
    EXPECT_THROW(static_cast<void>(parse_bytes(text, 0, UINT64_MAX - 1)), UsageError) << text;
  }
  EXPECT_THROW(static_cast<void>(parse_bytes("1k", 1, 999)), UsageError);
}

TEST(ParseDurationTest, KeepsItsLimitsWithoutOverflow) {
  EXPECT_THROW(static_cast<void>(parse_duration("61min", 0s, 1h)), UsageError);
  EXPECT_THROW(static_cast<void>(parse_duration("0", 1ms, 1h)), UsageError);
  EXPECT_THROW(static_cast<void>(parse_duration("9223372036854775807s", 0s, 1h)), UsageError);
  EXPECT_THROW(static_cast<void>(parse_duration("99999999999999999999ns", 0s, 1h)), UsageError);
}

TEST(ParseCountTest, TakesWholeNumbersOnly) {
  EXPECT_EQ(parse_count("20", 1, 1'000'000), 20U);
  for (const char* text :
       {"", "-3", "+3", "nan", "1e3", "3.0", "0x3", " 3", "18446744073709551616"}) {
    EXPECT_THROW(static_cast<void>(parse_count(text, 0, UINT64_MAX)), UsageError) << text;
  }
}

TEST(ParseShareTest, TakesPercentBetweenTheLimits) {
  EXPECT_DOUBLE_EQ(parse_share("2.5%", 0, 10), 0.025);
  EXPECT_DOUBLE_EQ(parse_share("1000%", 0, 10), 10);
  for (const char* text : {"", "%", "5", "-1%", "1001%", "1e1%", "nan%", "5 %", "5%%"}) {
    EXPECT_THROW(static_cast<void>(parse_share(text, 0, 10)), UsageError) << text;
  }
}

TEST(IsValidNameTest, TakesWhatFileNamesAndPlotsCanCarry) {
  EXPECT_TRUE(is_valid_name("veth"));
  EXPECT_TRUE(is_valid_name("3g"));
  EXPECT_TRUE(is_valid_name("pixel-7_balcony.v2+usb"));
  EXPECT_TRUE(is_valid_name(std::string(64, 'a')));
}

TEST(IsValidNameTest, RefusesPathsScriptsAndTerminalEscapes) {
  for (const std::string_view name :
       {"", "../x", "a/b", "a b", "`id`", "a'b", "a\"b", "\x1b[2J", "a\n", "köln", "a,b", "#"}) {
    EXPECT_FALSE(is_valid_name(name)) << name;
  }
  EXPECT_FALSE(is_valid_name(std::string(65, 'a')));
  EXPECT_FALSE(is_valid_name(std::string_view("a\0b", 3)));
}

TEST(ParsePortTest, RefusesAnInvalidPort) {
  EXPECT_EQ(parse_port("19901"), 19901);
  for (const char* text : {"0", "65536", "-1", "abc", ""}) {
    EXPECT_THROW(static_cast<void>(parse_port(text)), UsageError) << text;
  }
}

}  // namespace
}  // namespace tcpstep
