#include "lib/stats/orthonormal_basis.h"

#include <Eigen/QR>

namespace tcpstep {
namespace {

Eigen::MatrixXd matrix_of(std::span<const std::vector<double>> columns) {
  const Eigen::Index rows = columns.empty() ? 0 : std::ssize(columns.front());
  Eigen::MatrixXd matrix(rows, std::ssize(columns));
  for (Eigen::Index column = 0; column < matrix.cols(); ++column) {
    matrix.col(column) =
        Eigen::Map<const Eigen::VectorXd>(columns[static_cast<std::size_t>(column)].data(), rows);
  }
  return matrix;
}

}  // namespace

std::vector<std::vector<double>> orthonormal_basis(std::span<const std::vector<double>> columns) {
  const Eigen::ColPivHouseholderQR<Eigen::MatrixXd> solver(matrix_of(columns));
  const Eigen::MatrixXd basis =
      solver.householderQ() * Eigen::MatrixXd::Identity(solver.rows(), solver.rank());
  std::vector<std::vector<double>> result;
  for (const auto& column : basis.colwise()) {
    result.emplace_back(column.begin(), column.end());
  }
  return result;
}

}  // namespace tcpstep
