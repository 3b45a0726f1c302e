#include "lib/stats/least_squares.h"

#include <Eigen/QR>

namespace tcpstep {
namespace {

using Solver = Eigen::ColPivHouseholderQR<Eigen::MatrixXd>;

Eigen::Map<const Eigen::VectorXd> view(std::span<const double> values) {
  return {values.data(), static_cast<Eigen::Index>(values.size())};
}

Eigen::MatrixXd matrix_of(std::span<const std::vector<double>> columns) {
  const Eigen::Index rows = columns.empty() ? 0 : std::ssize(columns.front());
  Eigen::MatrixXd matrix(rows, std::ssize(columns));
  for (Eigen::Index column = 0; column < matrix.cols(); ++column) {
    matrix.col(column) = view(columns[static_cast<std::size_t>(column)]);
  }
  return matrix;
}

}  // namespace

LeastSquares least_squares(std::span<const std::vector<double>> columns,
                           std::span<const double> values) {
  const Eigen::MatrixXd matrix = matrix_of(columns);
  const Eigen::VectorXd coefficients = Solver(matrix).solve(view(values));
  return {.coefficients = {coefficients.begin(), coefficients.end()},
          .squared_residuals = (view(values) - matrix * coefficients).squaredNorm()};
}

std::vector<std::vector<double>> orthonormal_basis(std::span<const std::vector<double>> columns) {
  const Solver solver(matrix_of(columns));
  const Eigen::MatrixXd basis =
      solver.householderQ() * Eigen::MatrixXd::Identity(solver.rows(), solver.rank());
  std::vector<std::vector<double>> result;
  for (const auto& column : basis.colwise()) {
    result.emplace_back(column.begin(), column.end());
  }
  return result;
}

}  // namespace tcpstep
