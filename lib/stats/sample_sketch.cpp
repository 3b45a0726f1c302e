#include "lib/stats/sample_sketch.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <functional>

namespace tcpstep {

void SampleSketch::add_exact(Duration sample) {
  constexpr std::size_t kUsual = 32;  // a run has 20 rounds
  if (first_.size() < kMostExact) {
    if (first_.capacity() == 0) {
      first_.reserve(kUsual);
    }
    first_.push_back(sample);
    return;
  }
  make_histogram();
  count_in_bucket(static_cast<std::uint64_t>(sample.count()), 1);
}

void SampleSketch::make_histogram() {
  octaves_.resize(kOctaves + 1);
  for (const Duration sample : first_) {
    count_in_bucket(static_cast<std::uint64_t>(sample.count()), 1);
  }
}

void SampleSketch::merge(const SampleSketch& other) {
  second_ = std::min(std::max(smallest_, other.smallest_), std::min(second_, other.second_));
  smallest_ = std::min(smallest_, other.smallest_);
  largest_ = std::max(largest_, other.largest_);
  count_ += other.count_;
  sum_high_ += other.sum_high_;
  sum_low_ += other.sum_low_;
  if (is_exact() && count_ > kMostExact) {
    make_histogram();
  }
  if (!is_exact()) {
    add_buckets(other);
  }
  const std::size_t room = kMostExact - first_.size();
  const auto more = other.first_samples().first(std::min(room, other.first_.size()));
  first_.insert(first_.end(), more.begin(), more.end());
}

void SampleSketch::add_buckets(const SampleSketch& other) {
  if (other.is_exact()) {
    for (const Duration sample : other.first_) {
      count_in_bucket(static_cast<std::uint64_t>(sample.count()), 1);
    }
    return;
  }
  for (std::size_t i = 0; i < octaves_.size(); ++i) {
    const std::vector<std::uint64_t>& added = other.octaves_[i];
    octaves_[i].resize(std::max(octaves_[i].size(), added.size()));
    std::ranges::transform(added, octaves_[i], octaves_[i].begin(), std::plus<>());
  }
}

void SampleSketch::keep_minimum() {
  const Duration smallest = minimum();
  std::vector<Duration> memory = std::move(first_);
  *this = SampleSketch();
  memory.clear();
  first_ = std::move(memory);
  add(smallest);
}

Duration SampleSketch::mean() const {
  assert(count_ > 0);
  const std::uint64_t rest = ((sum_high_ % count_) << kSumShift) + sum_low_;
  return Duration(static_cast<Duration::rep>(((sum_high_ / count_) << kSumShift) + rest / count_));
}

double SampleSketch::mean_ns() const {
  const auto count = static_cast<double>(count_);
  const auto part = [](std::uint64_t sum) { return static_cast<double>(sum); };
  return part(sum_high_) * static_cast<double>(std::uint64_t{1} << kSumShift) / count +
         part(sum_low_) / count;
}

Duration SampleSketch::order_statistic(std::uint64_t rank) const {
  if (rank == 0 || rank + 1 >= count_) {
    return rank == 0 ? minimum() : maximum();
  }
  if (rank == 1) {
    return second_minimum();
  }
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < octaves_.size(); ++i) {
    for (std::size_t bucket = 0; bucket < octaves_[i].size(); ++bucket) {
      below += octaves_[i][bucket];
      if (below > rank) {
        const unsigned shift = i > 0 ? static_cast<unsigned>(i) - 1 : 0;
        const std::uint64_t low = (i > 0 ? kBuckets + bucket : bucket) << shift;
        const std::uint64_t middle = low + ((std::uint64_t{1} << shift) - 1) / 2;
        return std::clamp(Duration(static_cast<Duration::rep>(middle)), second_minimum(),
                          maximum());
      }
    }
  }
  return maximum();
}

Duration SampleSketch::quantile(double probability) const {
  return Duration(std::llround(quantile_ns(probability)));
}

double SampleSketch::quantile_ns(double probability) const {
  assert(count_ > 0);
  const double position = probability * static_cast<double>(count_ - 1);
  const auto below = static_cast<std::uint64_t>(position);
  Duration low{0};
  Duration high{0};
  if (is_exact()) {
    std::vector<Duration> samples = first_;
    const auto at = samples.begin() + static_cast<std::ptrdiff_t>(below);
    std::ranges::nth_element(samples, at);
    low = *at;
    high = at + 1 == samples.end() ? low : *std::min_element(at + 1, samples.end());
  } else {
    low = order_statistic(below);
    high = order_statistic(below + 1);
  }
  const double gap = static_cast<double>((high - low).count());
  return static_cast<double>(low.count()) + (position - std::floor(position)) * gap;
}

}  // namespace tcpstep
