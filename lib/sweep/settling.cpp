#include "lib/sweep/settling.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <utility>

namespace tcpstep {
namespace {

constexpr std::uint32_t kSteadyRounds = 5;
constexpr double kTolerance = 0.0025;  // of the reference

}  // namespace

Settling::Settling(std::span<const PayloadSize> sizes, std::optional<Mss> mss) {
  std::ranges::transform(sizes, std::back_inserter(class_of_size_),
                         [&](PayloadSize size) { return mss ? segments_needed(size, *mss) : 1; });
}

bool Settling::add(std::span<const Duration> fastest) {
  if (std::ranges::find(fastest, Duration::max()) != fastest.end()) {
    return false;
  }
  std::vector<double> means = means_of(fastest);
  const double tolerance = kTolerance * means.front();
  const bool is_steady = means.size() == settled_at_.size() &&
                         std::ranges::equal(means, settled_at_, [&](double now, double before) {
                           return std::abs(now - before) <= tolerance;
                         });
  if (!is_steady) {
    settled_at_ = std::move(means);
    steady_ = 0;
    return false;
  }
  return ++steady_ >= kSteadyRounds;
}

// First the reference, then the classes.
std::vector<double> Settling::means_of(std::span<const Duration> fastest) const {
  std::map<std::uint32_t, std::pair<double, double>> sums;  // and counts
  for (std::size_t i = 0; i < fastest.size(); ++i) {
    auto& [sum, count] = sums[class_of_size_[i]];
    sum += static_cast<double>(fastest[i].count());
    ++count;
  }
  std::vector<double> means{static_cast<double>(fastest.front().count())};
  for (const auto& [segments, entry] : sums) {
    means.push_back(entry.first / entry.second);
  }
  return means;
}

}  // namespace tcpstep
