// An orthonormal basis by Eigen's Householder QR with column pivoting (Golub & Van Loan, Matrix
// Computations, 4th edition, 2013, 5.4.2).
#pragma once

#include <span>
#include <vector>

namespace tcpstep {

// Vectors of length 1, orthogonal to each other, that span what the columns span: fewer than these
// if a column is a combination of others.
[[nodiscard]] std::vector<std::vector<double>> orthonormal_basis(
    std::span<const std::vector<double>> columns);

}  // namespace tcpstep
