// Linear least squares by Eigen's Householder QR with column pivoting (Golub & Van Loan, Matrix
// Computations, 4th edition, 2013, 5.4.2).
#pragma once

#include <span>
#include <vector>

namespace tcpstep {

struct LeastSquares {
  std::vector<double> coefficients;  // one for each column
  double squared_residuals = 0;      // their sum
};

// Fits `values` by the columns, each as long as `values`. Where a column is a combination of
// others, one of the best fits is given.
[[nodiscard]] LeastSquares least_squares(std::span<const std::vector<double>> columns,
                                         std::span<const double> values);

// Vectors of length 1, orthogonal to each other, that span what the columns span.
[[nodiscard]] std::vector<std::vector<double>> orthonormal_basis(
    std::span<const std::vector<double>> columns);

}  // namespace tcpstep
