// Quantiles of Student's distribution.
#pragma once

namespace tcpstep {

// The value that a t-distributed number of `degrees` degrees of freedom stays below with the given
// probability, 0 < probability < 1, degrees > 0.
[[nodiscard]] double student_t_quantile(double probability, double degrees);

}  // namespace tcpstep
