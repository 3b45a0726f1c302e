#include "lib/stats/estimators.h"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cassert>
#include <cmath>
#include <numeric>
#include <utility>

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

double median_of(std::vector<double> values) {
  return quantile_of(std::move(values), 0.5);
}

double quantile_of(std::vector<double> values, double probability) {
  assert(!values.empty());
  const double position = probability * static_cast<double>(values.size() - 1);
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(position);
  std::nth_element(values.begin(), at, values.end());
  if (at + 1 == values.end()) {
    return *at;
  }
  return *at + (position - std::floor(position)) * (*std::min_element(at + 1, values.end()) - *at);
}

double quantile_of_ascending(std::span<const double> values, double probability) {
  assert(!values.empty());
  const double position = probability * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  if (below + 1 >= values.size()) {
    return values.back();
  }
  return values[below] + (position - std::floor(position)) * (values[below + 1] - values[below]);
}

std::vector<double> mid_ranks(std::span<const double> values) {
  std::vector<std::size_t> by_value(values.size());
  std::iota(by_value.begin(), by_value.end(), std::size_t{0});
  std::sort(by_value.begin(), by_value.end(),
            [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size());
  for (std::size_t begin = 0; begin < by_value.size();) {
    std::size_t end = begin + 1;
    while (end < by_value.size() && values[by_value[end]] == values[by_value[begin]]) {
      ++end;
    }
    for (std::size_t i = begin; i < end; ++i) {
      ranks[by_value[i]] = static_cast<double>(begin + 1 + end) / 2;
    }
    begin = end;
  }
  return ranks;
}

double student_t_quantile(double probability, double degrees) {
  // In double throughout: long double costs size, and time where it is emulated.
  namespace policies = boost::math::policies;
  using Policy = policies::policy<policies::promote_double<false>>;
  const boost::math::students_t_distribution<double, Policy> distribution(degrees);
  return boost::math::quantile(distribution, probability);
}

std::vector<double> without_lone_outliers(std::span<const double> column) {
  constexpr double kOutlier = 3;  // standard deviations
  constexpr std::ptrdiff_t kReach = 2;
  if (column.size() < 2) {
    return {column.begin(), column.end()};
  }
  std::vector<double> steps;
  for (std::size_t row = 1; row < column.size(); ++row) {
    steps.push_back(std::abs(column[row] - column[row - 1]));
  }
  const double deviation = kNormalMad * median_of(steps) / std::sqrt(2.0) + kTiny;
  std::vector<double> result(column.begin(), column.end());
  const auto last = static_cast<std::ptrdiff_t>(column.size()) - 1;
  for (std::ptrdiff_t row = 0; row <= last; ++row) {
    std::vector<double> around;
    for (std::ptrdiff_t place = row - kReach; place <= row + kReach; ++place) {
      around.push_back(
          column[static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(place, 0, last))]);
    }
    const double middle = median_of(around);
    double& value = result[static_cast<std::size_t>(row)];
    if (std::abs(value - middle) > kOutlier * deviation) {
      value = middle;
    }
  }
  return result;
}

}  // namespace tcpstep
