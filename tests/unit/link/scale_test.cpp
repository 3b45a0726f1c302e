#include "lib/link/scale.h"

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

TEST(ScaleTest, RefusesWhatIsNoScale) {
  for (const char* text :
       {"", "0", "-1", "1001", "0.001", "1.", ".", "x", "1.2345", "1e3", "nan"}) {
    EXPECT_THROW(static_cast<void>(parse_scale(text)), UsageError) << text;
  }
}

}  // namespace
}  // namespace tcpstep
