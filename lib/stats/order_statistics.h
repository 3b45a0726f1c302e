// Estimates of the floor of a series: how short a ping can be when nothing is in its way.
#pragma once

#include <cstddef>
#include <span>

#include "lib/base/units.h"

namespace tcpstep {

// The minimum to be expected of `draws` samples drawn without replacement, in ns: the L-statistic
//   sum over j of C(n-j, draws-1) / C(n, draws) * x(j),   x(1) <= x(2) <= ... <= x(n).
// Unlike the plain minimum it estimates the same thing whatever n is (the mean over all subsets of
// that size is the U-statistic of their minimum: Hoeffding, Annals of Mathematical Statistics 19
// (1948) 293). 1 <= draws <= n.
[[nodiscard]] double expected_minimum(std::span<const Duration> ascending, std::size_t draws);

// 2 x(1) - x(2) in ns: the minimum without the first-order part of its bias (Robson & Whitlock,
// Biometrika 51 (1964) 33: estimation of a truncation point).
[[nodiscard]] double endpoint_estimate(Duration smallest, Duration second);
// The same of at least two samples in any order.
[[nodiscard]] double endpoint_estimate(std::span<const Duration> samples);

}  // namespace tcpstep
