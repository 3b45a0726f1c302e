#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "lib/stats/estimators.h"
#include "lib/stats/segment_fit.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

TEST(ExpectedMinimumTest, IsTheMeanOfTheMinimaOfAllSubsets) {
  const std::vector<Duration> series{1ns, 4ns, 10ns, 50ns};
  // {1,4} {1,10} {1,50} {4,10} {4,50} {10,50}
  EXPECT_DOUBLE_EQ(expected_minimum(series, 2), (1 + 1 + 1 + 4 + 4 + 10) / 6.0);
}

TEST(ExpectedMinimumTest, IsTheMinimumOfAllAndTheMeanOfOne) {
  const std::vector<Duration> series{1ns, 4ns, 10ns};
  EXPECT_DOUBLE_EQ(expected_minimum(series, 3), 1);
  EXPECT_DOUBLE_EQ(expected_minimum(series, 1), 5);
}

// The expected minimum of 10 of n uniform numbers is the same for any n; the minimum is not.
TEST(ExpectedMinimumTest, EstimatesTheSameWhateverTheNumberOfRounds) {
  for (const std::size_t n : {20U, 200U}) {
    std::vector<Duration> expected;  // order statistics of a uniform law on 1.1 ms
    for (std::size_t j = 1; j <= n; ++j) {
      expected.emplace_back(
          std::llround(1.1e6 * static_cast<double>(j) / static_cast<double>(n + 1)));
    }
    EXPECT_NEAR(expected_minimum(expected, 10), 1e5, 2);
  }
}

TEST(EndpointTest, LiesBelowTheMinimumByTheFirstGap) {
  EXPECT_DOUBLE_EQ(endpoint_estimate(100ns, 103ns), 97);
  EXPECT_DOUBLE_EQ(endpoint_estimate(std::vector<Duration>{110ns, 103ns, 100ns, 109ns}), 97);
  EXPECT_DOUBLE_EQ(endpoint_estimate(std::vector<Duration>{100ns, 100ns}), 100);
}

TEST(RanksTest, ShareTheMeanAmongEquals) {
  EXPECT_EQ(mid_ranks(std::vector<double>{3, 1, 3, 2}), (std::vector<double>{3.5, 1, 3.5, 2}));
  EXPECT_EQ(median_of({4, 1, 3, 2}), 2.5);
  EXPECT_EQ(quantile_of({1, 2, 3, 4, 5}, 0.25), 2);
}

std::vector<SizeTime> stairs(double slope, double step, std::uint32_t mss) {
  std::vector<SizeTime> times;
  for (std::uint32_t bytes = 1; bytes <= 9901; bytes += 100) {
    const PayloadSize size(bytes);
    times.push_back({.size = size,
                     .ns = 10'000 + slope * bytes + step * (segments_needed(size, Mss(mss)) - 1)});
  }
  return times;
}

TEST(SegmentFitTest, GivesBackTheStairs) {
  const auto fit = SegmentFit::of(stairs(2, 5000, 1448), Mss(1448));
  ASSERT_TRUE(fit);
  EXPECT_NEAR(*fit->at(PayloadSize(1)), 10'002, 1e-6);
  EXPECT_NEAR(*fit->at(PayloadSize(1448)), 12'896, 1e-6);
  EXPECT_NEAR(*fit->at(PayloadSize(1449)), 17'898, 1e-6);
  EXPECT_NEAR(*fit->at(PayloadSize(4345)), 33'690, 1e-6);
  EXPECT_NEAR(fit->residual_deviation(), 0, 1e-6);
  EXPECT_FALSE(fit->at(PayloadSize(20'000)));
}

TEST(SegmentFitTest, NeedsTwoSizesInSomeClass) {
  const std::vector<SizeTime> times{{PayloadSize(1), 10}, {PayloadSize(1449), 20}};
  EXPECT_FALSE(SegmentFit::of(times, Mss(1448)));
  EXPECT_FALSE(SegmentFit::of({}, Mss(1448)));
}

TEST(MssFitTest, FindsTheBoundariesBetweenTwoSizes) {
  for (const std::uint32_t mss : {536U, 1336U, 1448U}) {
    const auto fit = fit_mss(stairs(0.1, 3000, mss));
    ASSERT_TRUE(fit);
    EXPECT_LE(fit->smallest.bytes(), mss + 20);
    EXPECT_GE(fit->largest.bytes(), mss - 20);
    EXPECT_LE(fit->largest.bytes() - fit->smallest.bytes(), 40U);
    EXPECT_GT(fit->gain, kGainOfSteps);
  }
}

TEST(MssFitTest, GainsLittleOnALine) {
  auto times = stairs(1, 0, 1448);
  for (std::size_t i = 0; i < times.size(); ++i) {  // noise that knows no steps
    times[i].ns += 40 * std::sin(static_cast<double>(i * i));
  }
  EXPECT_LT(fit_mss(times)->gain, kGainOfSteps);
}

TEST(MssFitTest, NeedsSixSizes) {
  const auto times = stairs(1, 1, 1448);
  EXPECT_FALSE(fit_mss(std::span(times).first(5)));
}

}  // namespace
}  // namespace tcpstep
