// Estimates from one series of numbers: floors, medians, quantiles, ranks.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "lib/base/units.h"

namespace tcpstep {

inline constexpr double kNormalMad = 1.4826;  // standard deviations in a median absolute deviation
inline constexpr double kTiny = 1e-9;         // of a logarithm: far below any timer

// The expected minimum of `draws` samples drawn without replacement, in ns: the L-statistic
//   sum over j of C(n-j, draws-1) / C(n, draws) * x(j),   x(1) <= x(2) <= ... <= x(n).
// Unlike the plain minimum it estimates the same thing whatever n is (the U-statistic of the
// minimum: Hoeffding, Annals of Mathematical Statistics 19 (1948) 293). 1 <= draws <= n.
[[nodiscard]] double expected_minimum(std::span<const Duration> ascending, std::size_t draws);

// 2 x(1) - x(2) in ns: the minimum without the first-order part of its bias (Robson & Whitlock,
// Biometrika 51 (1964) 33: estimation of a truncation point).
[[nodiscard]] double endpoint_estimate(Duration smallest, Duration second);
// The same of at least two samples in any order.
[[nodiscard]] double endpoint_estimate(std::span<const Duration> samples);

// The median; of an even count the mean of the middle two. `values` is not empty.
[[nodiscard]] double median_of(std::vector<double> values);

// Type 7 of Hyndman & Fan, The American Statistician 50 (1996) 361. `values` is not empty,
// 0 <= probability <= 1.
[[nodiscard]] double quantile_of(std::vector<double> values, double probability);
// The same of values that are sorted.
[[nodiscard]] double quantile_of_ascending(std::span<const double> values, double probability);

// The rank of each value, from 1; equal values share the mean of their ranks.
[[nodiscard]] std::vector<double> mid_ranks(std::span<const double> values);

// Of Student's t distribution, by Boost.Math. 0 < probability < 1, degrees > 0.
[[nodiscard]] double student_t_quantile(double probability, double degrees);

// Values beyond 3 robust deviations from the median of their five neighbours are pulled to that
// median (Hampel's filter: Davies & Gather, Journal of the American Statistical Association 88
// (1993) 782).
[[nodiscard]] std::vector<double> without_lone_outliers(std::span<const double> column);

}  // namespace tcpstep
