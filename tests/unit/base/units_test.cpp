#include "lib/base/units.h"

#include <gtest/gtest.h>

#include <type_traits>

namespace tcpstep {
namespace {

static_assert(!std::is_convertible_v<Mss, PayloadSize>);
static_assert(!std::is_convertible_v<PayloadSize, Mss>);
static_assert(!std::is_convertible_v<int, PayloadSize>);

TEST(SegmentsNeededTest, CountsTheFirstByteBeyondABoundary) {
  constexpr Mss kMss(1448);
  EXPECT_EQ(segments_needed(PayloadSize(1), kMss), 1U);
  EXPECT_EQ(segments_needed(PayloadSize(1448), kMss), 1U);
  EXPECT_EQ(segments_needed(PayloadSize(1449), kMss), 2U);
  EXPECT_EQ(segments_needed(PayloadSize(9901), kMss), 7U);
}

}  // namespace
}  // namespace tcpstep
