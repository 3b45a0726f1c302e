#include "lib/stats/sample_sketch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <vector>

#include "lib/stats/statistic.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

// RTTs between 20 µs and some seconds, most of them near the lower end.
std::vector<Duration> samples_of(std::size_t count, unsigned seed = 1) {
  std::mt19937 generator(seed);
  std::lognormal_distribution<double> noise(10, 2);
  std::vector<Duration> samples;
  for (std::size_t i = 0; i < count; ++i) {
    samples.emplace_back(20'000 + static_cast<Duration::rep>(noise(generator)));
  }
  return samples;
}

// Type 7 of Hyndman & Fan, of samples in ascending order.
Duration quantile_of(const std::vector<Duration>& ascending, double probability) {
  const double place = probability * static_cast<double>(ascending.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const Duration low = ascending[below];
  const Duration high = ascending[std::min(below + 1, ascending.size() - 1)];
  return low + Duration(std::llround((place - std::floor(place)) *
                                     static_cast<double>((high - low).count())));
}

SampleSketch sketch_of(const std::vector<Duration>& samples) {
  SampleSketch sketch;
  for (const Duration sample : samples) {
    sketch.add(sample);
  }
  return sketch;
}

void expect_same_ends(const SampleSketch& sketch, std::vector<Duration> samples) {
  std::ranges::sort(samples);
  EXPECT_EQ(sketch.size(), samples.size());
  EXPECT_EQ(sketch.minimum(), samples[0]);
  EXPECT_EQ(sketch.second_minimum(), samples[1]);
  EXPECT_EQ(sketch.maximum(), samples.back());
  EXPECT_EQ(sketch.mean(), std::accumulate(samples.begin(), samples.end(), Duration(0)) /
                               static_cast<Duration::rep>(samples.size()));
}

TEST(SampleSketchTest, IsExactWhileSamplesAreFew) {
  for (const std::size_t count : {2U, 3U, 100U, 4096U}) {
    std::vector<Duration> samples = samples_of(count);
    const SampleSketch sketch = sketch_of(samples);
    EXPECT_TRUE(sketch.is_exact());
    expect_same_ends(sketch, samples);
    std::ranges::sort(samples);
    for (const double probability : {0.0, 0.01, 0.25, 0.5, 0.9, 0.999, 1.0}) {
      EXPECT_EQ(sketch.quantile(probability), quantile_of(samples, probability));
    }
  }
}

TEST(SampleSketchTest, KeepsQuantilesOfManySamplesWithinItsError) {
  for (const std::size_t count : {4097U, 100'000U}) {
    std::vector<Duration> samples = samples_of(count);
    const SampleSketch sketch = sketch_of(samples);
    EXPECT_FALSE(sketch.is_exact());
    expect_same_ends(sketch, samples);
    std::ranges::sort(samples);
    for (int permille = 0; permille <= 1000; ++permille) {
      const double exact = static_cast<double>(quantile_of(samples, permille / 1e3).count());
      const double sketched = static_cast<double>(sketch.quantile(permille / 1e3).count());
      EXPECT_LE(std::abs(sketched - exact), exact * SampleSketch::kRelativeError + 1) << permille;
    }
  }
}

TEST(SampleSketchTest, HoldsEveryPowerOfTwoWithinItsError) {
  for (Duration::rep value = 1; value <= (Duration::rep{1} << 61U); value *= 2) {
    for (const Duration::rep near : {value - 1, value, value + 1}) {
      SampleSketch sketch;
      sketch.add(Duration(0));
      sketch.add(Duration(0));
      for (int i = 0; i < 5000; ++i) {
        sketch.add(Duration(near));
      }
      sketch.add(Duration(near * 2));
      const Duration::rep median = sketch.quantile(0.5).count();
      EXPECT_LE(std::abs(median - near), near / 256 + 1) << near;
    }
  }
}

TEST(SampleSketchTest, DoesNotCareHowSamplesAreSplit) {
  for (const std::size_t count : {10U, 4096U, 4097U, 30'000U}) {
    const std::vector<Duration> samples = samples_of(count, 7);
    const SampleSketch whole = sketch_of(samples);
    for (const std::size_t parts : {2U, 3U, 9U}) {
      std::vector<SampleSketch> sketches(parts);
      for (std::size_t i = 0; i < samples.size(); ++i) {
        sketches[i * i % parts].add(samples[i]);
      }
      SampleSketch merged;
      for (const SampleSketch& sketch : sketches) {
        merged.merge(sketch);
      }
      expect_same_ends(merged, samples);
      EXPECT_EQ(merged.is_exact(), whole.is_exact());
      for (const double probability : {0.1, 0.5, 0.99}) {
        EXPECT_EQ(merged.quantile(probability), whole.quantile(probability));
      }
    }
  }
}

TEST(SampleSketchTest, AddsUpTheLongestRtts) {
  SampleSketch sketch;
  for (int i = 0; i < 1'000'000; ++i) {
    sketch.add(24h);
  }
  EXPECT_EQ(sketch.mean(), 24h);
  EXPECT_EQ(sketch.quantile(0.5), 24h);
}

TEST(SampleSketchTest, KeepsTheFirstSamplesInTheOrderAdded) {
  const std::vector<Duration> samples = samples_of(10'000);
  const SampleSketch whole = sketch_of(samples);
  ASSERT_EQ(whole.first_samples().size(), SampleSketch::kMostExact);
  EXPECT_TRUE(std::ranges::equal(whole.first_samples(),
                                 std::span(samples).first(SampleSketch::kMostExact)));
  SampleSketch merged;
  for (const std::size_t begin : {0U, 3000U, 6000U}) {
    merged.merge(sketch_of({samples.begin() + static_cast<std::ptrdiff_t>(begin),
                            samples.begin() + static_cast<std::ptrdiff_t>(
                                                  std::min<std::size_t>(begin + 3000, 10'000))}));
  }
  EXPECT_TRUE(std::ranges::equal(merged.first_samples(), whole.first_samples()));
}

TEST(StatisticTest, IsRoundedOnlyWhereSamplesWereNotKept) {
  EXPECT_EQ(Statistic::minimum().of(SampleSketch()), std::nullopt);
  EXPECT_FALSE(Statistic::quantile(0.5).is_rounded(sketch_of(samples_of(500))));
  EXPECT_TRUE(Statistic::quantile(0.5).is_rounded(sketch_of(samples_of(5000))));
  EXPECT_FALSE(Statistic::mean().is_rounded(sketch_of(samples_of(5000))));
}

}  // namespace
}  // namespace tcpstep
