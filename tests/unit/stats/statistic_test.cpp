#include "lib/stats/statistic.h"

#include <gtest/gtest.h>

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

const SampleSketch kSeries{10ns, 20ns, 30ns, 40ns};

TEST(StatisticTest, GivesMinimumMeanAndQuantiles) {
  EXPECT_EQ(Statistic::minimum().of(kSeries), 10ns);
  EXPECT_EQ(Statistic::mean().of(kSeries), 25ns);
  // Type 7: R's quantile(c(10, 20, 30, 40), c(.25, .5, .9)) is 17.5, 25, 37.
  EXPECT_EQ(Statistic::quantile(0.25).of(kSeries), 18ns);
  EXPECT_EQ(Statistic::quantile(0.5).of(kSeries), 25ns);
  EXPECT_EQ(Statistic::quantile(0.9).of(kSeries), 37ns);
  EXPECT_EQ(Statistic::quantile(1).of(kSeries), 40ns);
}

TEST(StatisticTest, GivesTheMeanOfAnyNumberOfTheLongestRtts) {
  SampleSketch days;
  for (int i = 0; i < 200'000; ++i) {  // together more than 64 bits can count
    days.add(24h);
  }
  EXPECT_EQ(Statistic::mean().of(days), 24h);
  EXPECT_EQ(Statistic::mean().of({1ns, 1ns, 3ns}), 1ns);
  EXPECT_EQ(Statistic::mean().of({2ns, 2ns, 2ns}), 2ns);
}

TEST(StatisticTest, SaysNothingOfNothing) {
  EXPECT_EQ(Statistic::minimum().of({}), std::nullopt);
  EXPECT_EQ(Statistic::mean().of({}), std::nullopt);
}

TEST(StatisticTest, ReadsItsOwnNames) {
  for (const char* name : {"min", "mean", "median", "p99", "p99.9", "p5"}) {
    EXPECT_EQ(Statistic::parse(name)->name(), name);
  }
  for (const char* text : {"", "max", "p", "p0", "p100", "pnan", "p1e1", "p-1", "p99x", "P99"}) {
    EXPECT_FALSE(Statistic::parse(text)) << text;
  }
}

TEST(StatisticTest, KnowsHowManySamplesAQuantileNeeds) {
  EXPECT_EQ(Statistic::parse("p99")->samples_needed(), 100U);
  EXPECT_EQ(Statistic::parse("p99.9")->samples_needed(), 1000U);
  EXPECT_EQ(Statistic::parse("p5")->samples_needed(), 20U);
  EXPECT_EQ(Statistic::parse("median")->samples_needed(), 2U);
  EXPECT_EQ(Statistic::minimum().samples_needed(), 1U);
}

}  // namespace
}  // namespace tcpstep
