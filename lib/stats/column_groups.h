// The columns of a family side by side, in groups of a fixed size: a step over a group takes a few
// vector instructions. A comparison spends most of its time here.
#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <utility>
#include <vector>

#include "lib/stats/max_t.h"

namespace tcpstep {

class ColumnGroups {
  static constexpr std::size_t kSize = 8;
  using Group = Eigen::Array<double, kSize, 1>;

  template <class Groups>
  static auto& element(Groups& groups, std::size_t column) {
    return groups[column / kSize][static_cast<Eigen::Index>(column % kSize)];
  }

 public:
  // `columns` are not empty, of one length, and without what the design takes out of them.
  ColumnGroups(const std::vector<ContrastColumn>& columns, double degrees, Variance variance);

  // Computes b and s2 of every column for a label in the direction of `x`: of length 1, with an
  // element for each run.
  void turn_to(const double* x);
  [[nodiscard]] double b(std::size_t column) const { return element(b_, column); }
  [[nodiscard]] double s2(std::size_t column) const { return element(s2_, column); }
  // The least and the largest b / sqrt(s2 + `added`) of all columns.
  [[nodiscard]] std::pair<double, double> range_of_t(double added) const;

 private:
  std::size_t runs_;
  double degrees_;
  Variance variance_;
  // The last group is filled up with copies of the last column.
  std::vector<Group> squares_;
  std::vector<Group> shares_;  // of a column in the mean variance
  std::vector<Group> b_;
  std::vector<Group> s2_;
  std::vector<Group> by_run_;  // of all columns: group by group, run by run
};

}  // namespace tcpstep
