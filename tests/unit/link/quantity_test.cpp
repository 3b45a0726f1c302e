#include "lib/link/quantity.h"

#include <gtest/gtest.h>

#include "lib/base/error.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

TEST(ScaleTest, ReadsWhatItWrites) {
  for (const char* text : {"1", "10", "0.2", "0.01", "1000", "2.125"}) {
    EXPECT_EQ(parse_scale(text).text(), text);
  }
  EXPECT_EQ(parse_scale("0.2").times(10ms), 2ms);
  EXPECT_TRUE(parse_scale("1.000").is_one());
}

TEST(ScaleTest, RejectsInvalidScales) {
  for (const char* text :
       {"", "0", "-1", "1001", "0.001", "1.", ".", "x", "1.2345", "1e3", "nan"}) {
    EXPECT_THROW(static_cast<void>(parse_scale(text)), UsageError) << text;
  }
}

TEST(QuantityTest, ReadsFractionsExactly) {
  EXPECT_EQ(parse_rate("2.5Mbit/s"), 2'500'000U);
  EXPECT_EQ(parse_rate("33.6kbit/s"), 33'600U);
  EXPECT_EQ(parse_link_time("0.25ms"), 250us);
  EXPECT_EQ(parse_link_time("1min"), 60s);
  EXPECT_EQ(parse_percentage("0.0001%"), 1U);
  EXPECT_EQ(parse_link_bytes("40B", 1, 100), 40U);
}

TEST(QuantityTest, RejectsWhatCannotBeExact) {
  EXPECT_THROW(static_cast<void>(parse_rate("0.5bit/s")), UsageError);
  EXPECT_THROW(static_cast<void>(parse_link_time("1.5ns")), UsageError);
  EXPECT_THROW(static_cast<void>(parse_link_time(".5ms")), UsageError);
  EXPECT_THROW(static_cast<void>(parse_link_time("5.ms")), UsageError);
  EXPECT_THROW(static_cast<void>(parse_percentage("0.00001%")), UsageError);
  EXPECT_THROW(static_cast<void>(parse_link_bytes("1.5B", 1, 100)), UsageError);
  EXPECT_THROW(static_cast<void>(parse_rate("99999999999999999999bit/s")), UsageError);
}

}  // namespace
}  // namespace tcpstep
