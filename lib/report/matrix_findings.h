// What is out of line in a matrix of hosts, and whether a host or a path is behind it.
#pragma once

#include "lib/report/matrix.h"

namespace tcpstep {

// What counts as out of line, at least: 5 % of the usual RTT and 10 µs, which a busy host adds even
// to the fastest of some pings; 5 points of a penalty. And it has to exceed what normal noise of
// the observed spread (1.4826 times the median absolute deviation) would exceed anywhere in the
// table in one of a hundred tables: docs/statistics.md.
inline constexpr double kLeastShareOfRtt = 0.05;
inline constexpr double kLeastRtt = 10'000;  // ns
inline constexpr double kLeastPoints = 0.05;

// Fits the matrix, if it has enough hosts, and fills in effects, residuals and findings.
void explain(Matrix& matrix);

}  // namespace tcpstep
