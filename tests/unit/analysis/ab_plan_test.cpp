#include "analysis/ab_plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

namespace tcpstep {
namespace {

std::map<std::uint32_t, std::string> blocks_of(std::uint32_t runs, std::uint64_t seed) {
  std::map<std::uint32_t, std::string> blocks;
  for (const AbLaunch& launch : plan_ab(runs, seed)) {
    blocks[launch.block] += launch.side;
  }
  return blocks;
}

TEST(AbPlanTest, HasTwoRunsOfEachSideInEveryBlock) {
  for (auto [number, sides] : blocks_of(10, 7)) {
    std::ranges::sort(sides);
    EXPECT_EQ(sides, "aabb");
  }
  auto last = blocks_of(5, 7).rbegin()->second;
  std::ranges::sort(last);
  EXPECT_EQ(last, "ab");
}

TEST(AbPlanTest, DrawsEveryOrderOfABlock) {
  std::map<std::string, int> orders;
  for (const auto& [number, sides] : blocks_of(1200, 7)) {
    ++orders[sides];
  }
  EXPECT_EQ(orders.size(), 6U);
  for (const auto& [order, count] : orders) {
    EXPECT_NEAR(count, 100, 50) << order;  // five standard deviations
  }
}

TEST(AbPlanTest, IsThatOfItsSeed) {
  EXPECT_EQ(blocks_of(10, 7), blocks_of(10, 7));
  EXPECT_NE(blocks_of(10, 7), blocks_of(10, 8));
  std::set<std::uint64_t> seeds;
  for (const AbLaunch& launch : plan_ab(10, 7)) {
    seeds.insert(launch.seed);
  }
  EXPECT_EQ(seeds.size(), 20U);
}

}  // namespace
}  // namespace tcpstep
