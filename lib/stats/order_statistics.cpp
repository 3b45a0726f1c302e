#include "lib/stats/order_statistics.h"

#include <algorithm>
#include <cassert>

namespace tcpstep {

double expected_minimum(std::span<const Duration> ascending, std::size_t draws) {
  assert(draws >= 1 && draws <= ascending.size());
  const std::size_t n = ascending.size();
  // The weight of x(1) is draws / n, and w(j+1) / w(j) = (n - j - draws + 1) / (n - j).
  double weight = static_cast<double>(draws) / static_cast<double>(n);
  double sum = 0;
  for (std::size_t j = 1; j + draws <= n + 1; ++j) {
    sum += weight * static_cast<double>(ascending[j - 1].count());
    weight *= static_cast<double>(n - j - draws + 1) / static_cast<double>(n - j);
  }
  return sum;
}

double endpoint_estimate(Duration smallest, Duration second) {
  return static_cast<double>((2 * smallest - second).count());
}

double endpoint_estimate(std::span<const Duration> samples) {
  assert(samples.size() >= 2);
  Duration smallest = std::min(samples[0], samples[1]);
  Duration second = std::max(samples[0], samples[1]);
  for (const Duration sample : samples.subspan(2)) {
    second = std::min(second, std::max(sample, smallest));
    smallest = std::min(smallest, sample);
  }
  return endpoint_estimate(smallest, second);
}

}  // namespace tcpstep
