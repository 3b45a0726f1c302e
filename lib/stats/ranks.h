// Medians, quantiles and ranks of plain numbers.
#pragma once

#include <span>
#include <vector>

namespace tcpstep {

// The median; of an even count the mean of the middle two. `values` is not empty.
[[nodiscard]] double median_of(std::vector<double> values);

// Type 7 of Hyndman & Fan, as Statistic::quantile. `values` is not empty, 0 <= probability <= 1.
[[nodiscard]] double quantile_of(std::vector<double> values, double probability);

// The rank of each value, from 1; equal ones share the mean of their ranks.
[[nodiscard]] std::vector<double> mid_ranks(std::span<const double> values);

}  // namespace tcpstep
