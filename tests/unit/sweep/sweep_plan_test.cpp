#include "lib/sweep/sweep_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace tcpstep {
namespace {

std::vector<PayloadSize> sizes(std::uint32_t count) {
  std::vector<PayloadSize> result;
  for (std::uint32_t i = 1; i <= count; ++i) {
    result.emplace_back(i);
  }
  return result;
}

std::vector<PayloadSize> order_of(SweepPlan& plan, std::uint32_t index) {
  const Round round = plan.round(index);
  return {round.sizes.begin(), round.sizes.end()};
}

TEST(SweepPlanTest, NumbersWarmupRoundsZeroAndTheOthersFromOne) {
  SweepPlan plan(sizes(2), {.rounds = 2, .warmup_rounds = 2});
  ASSERT_EQ(plan.rounds_with_warmup(), 4U);
  EXPECT_EQ(plan.round(0).number, 0U);
  EXPECT_EQ(plan.round(1).number, 0U);
  EXPECT_EQ(plan.round(2).number, 1U);
  EXPECT_EQ(plan.round(3).number, 2U);
}

TEST(SweepPlanTest, IsAscendingByDefault) {
  SweepPlan plan(sizes(5), {});
  EXPECT_EQ(order_of(plan, 3), sizes(5));
}

TEST(SweepPlanTest, ShufflesEveryRoundAnewAndLosesNoSize) {
  SweepPlan plan(sizes(100), {.order = Order::Shuffled, .seed = 42});
  auto first = order_of(plan, 0);
  auto second = order_of(plan, 1);
  EXPECT_NE(first, second);
  EXPECT_NE(first, sizes(100));
  std::ranges::sort(first);
  std::ranges::sort(second);
  EXPECT_EQ(first, sizes(100));
  EXPECT_EQ(second, sizes(100));
}

TEST(SweepPlanTest, GivesTheSameOrderForTheSameSeedEverywhere) {
  SweepPlan plan(sizes(6), {.order = Order::Shuffled, .seed = 42});
  const std::vector<PayloadSize> expected{PayloadSize(1), PayloadSize(3), PayloadSize(4),
                                          PayloadSize(5), PayloadSize(2), PayloadSize(6)};
  EXPECT_EQ(order_of(plan, 1), expected);  // computed apart from the standard's text
  SweepPlan other(sizes(6), {.order = Order::Shuffled, .seed = 43});
  EXPECT_NE(order_of(plan, 1), order_of(other, 1));
}

TEST(SweepPlanTest, PutsEverySizeEverywhereEquallyOften) {
  SweepPlan plan(sizes(4), {.rounds = 4000, .order = Order::Shuffled, .seed = 1});
  int first_is_largest = 0;
  for (std::uint32_t i = 0; i < 4000; ++i) {
    first_is_largest += plan.round(i).sizes.front() == PayloadSize(4) ? 1 : 0;
  }
  EXPECT_NEAR(first_is_largest, 1000, 140);  // five standard deviations
}

}  // namespace
}  // namespace tcpstep
