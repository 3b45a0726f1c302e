// The samples of one payload size in bounded memory, however many there are.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <span>
#include <vector>

#include "lib/base/units.h"

namespace tcpstep {

// Count, mean, the two smallest samples and the largest one are always exact. Quantiles are exact
// up to kMostExact samples; beyond that they come from a log-linear histogram, whose buckets halve
// each power of two seven times (the layout of HdrHistogram: G. Tene, hdrhistogram.org), and a
// quantile lies within kRelativeError of the exact one. Merging gives the sketch of all samples,
// in the order of the merges.
class SampleSketch {
 public:
  static constexpr std::size_t kMostExact = 4096;
  static constexpr double kRelativeError = 1.0 / 256;

  SampleSketch() = default;
  SampleSketch(std::initializer_list<Duration> samples) {
    for (const Duration sample : samples) {
      add(sample);
    }
  }

  // `sample` is not negative.
  void add(Duration sample) {
    const Duration::rep value = sample.count();
    if (value < second_) {
      second_ = value < smallest_ ? smallest_ : value;
      smallest_ = value < smallest_ ? value : smallest_;
    }
    largest_ = value > largest_ ? value : largest_;
    ++count_;
    sum_high_ += static_cast<std::uint64_t>(value) >> kSumShift;
    sum_low_ += static_cast<std::uint64_t>(value) & ((std::uint64_t{1} << kSumShift) - 1);
    if (is_exact()) {
      add_exact(sample);
    } else {
      count_in_bucket(static_cast<std::uint64_t>(value), 1);
    }
  }

  void merge(const SampleSketch& other);
  // Forgets all others. Of a sketch that is not empty.
  void keep_minimum();

  [[nodiscard]] std::uint64_t size() const { return count_; }
  [[nodiscard]] bool empty() const { return count_ == 0; }
  [[nodiscard]] bool is_exact() const { return octaves_.empty(); }

  // The first samples in the order added: all of them while the sketch is exact, kMostExact of them
  // beyond.
  [[nodiscard]] std::span<const Duration> first_samples() const { return first_; }

  // Of a sketch that is not empty.
  [[nodiscard]] Duration minimum() const { return Duration(smallest_); }
  [[nodiscard]] Duration maximum() const { return Duration(largest_); }
  // Rounded towards zero, and in ns without rounding.
  [[nodiscard]] Duration mean() const;
  [[nodiscard]] double mean_ns() const;
  // 0 <= probability <= 1; interpolates linearly between order statistics (type 7 of Hyndman
  // & Fan, The American Statistician 50 (1996) 361).
  [[nodiscard]] Duration quantile(double probability) const;
  // The same without rounding to whole ns.
  [[nodiscard]] double quantile_ns(double probability) const;
  // Of a sketch with two samples or more.
  [[nodiscard]] Duration second_minimum() const { return Duration(second_); }

 private:
  static constexpr unsigned kSubBits = 7;
  static constexpr std::size_t kBuckets = std::size_t{1} << kSubBits;  // of one power of two
  static constexpr std::size_t kOctaves = 64 - kSubBits;
  static constexpr unsigned kSumShift = 24;

  void add_exact(Duration sample);
  void make_histogram();
  void add_buckets(const SampleSketch& other);
  [[nodiscard]] Duration order_statistic(std::uint64_t rank) const;

  void count_in_bucket(std::uint64_t value, std::uint64_t times) {
    const auto bits = static_cast<unsigned>(std::bit_width(value | (kBuckets - 1)));
    const unsigned shift = bits > kSubBits ? bits - kSubBits - 1 : 0;
    const std::size_t index = bits - kSubBits;  // 0: every value has a bucket of its own
    std::vector<std::uint64_t>& octave = octaves_[index];
    if (octave.empty()) [[unlikely]] {
      octave.resize(kBuckets);
    }
    octave[(value >> shift) & (kBuckets - 1)] += times;
  }

  Duration::rep smallest_ = std::numeric_limits<Duration::rep>::max();
  Duration::rep second_ = std::numeric_limits<Duration::rep>::max();
  Duration::rep largest_ = 0;
  std::uint64_t count_ = 0;
  std::uint64_t sum_high_ = 0;  // the sum is sum_high_ * 2^24 + sum_low_
  std::uint64_t sum_low_ = 0;
  std::vector<Duration> first_;
  // The histogram of all samples, empty while `first_` has them all: the counts of kBuckets in each
  // power of two that has a sample.
  std::vector<std::vector<std::uint64_t>> octaves_;
};

}  // namespace tcpstep
