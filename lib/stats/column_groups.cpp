#include "lib/stats/column_groups.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace tcpstep {

ColumnGroups::ColumnGroups(const std::vector<ContrastColumn>& columns, double degrees,
                           Variance variance)
    : runs_(columns.front().size()),
      degrees_(degrees),
      variance_(variance),
      squares_((columns.size() + kSize - 1) / kSize),
      shares_(squares_.size()),
      b_(squares_.size()),
      s2_(squares_.size()),
      by_run_(squares_.size() * runs_) {
  for (std::size_t c = 0; c < squares_.size() * kSize; ++c) {
    const ContrastColumn& column = columns[std::min(c, columns.size() - 1)];
    element(squares_, c) = std::inner_product(column.begin(), column.end(), column.begin(), 0.0);
    element(shares_, c) = c < columns.size() ? 1 / static_cast<double>(columns.size()) : 0;
    for (std::size_t run = 0; run < runs_; ++run) {
      element(by_run_, (c / kSize * runs_ + run) * kSize + c % kSize) = column[run];
    }
  }
}

void ColumnGroups::turn_to(const double* x) {
  Group means = Group::Zero();
  const Group* values = by_run_.data();
  for (std::size_t group = 0; group < b_.size(); ++group) {
    Group sums = Group::Zero();
    for (std::size_t run = 0; run < runs_; ++run) {
      sums += x[run] * *values++;
    }
    b_[group] = sums;
    s2_[group] = (squares_[group] - sums.square()).max(0.0) / degrees_;
    means += shares_[group] * s2_[group];
  }
  const double all = variance_.prior_degrees + degrees_;
  const double added = variance_.added + means.sum() * variance_.prior_degrees / all;
  for (Group& s2 : s2_) {
    s2 = s2 * (degrees_ / all) + added;
  }
}

std::pair<double, double> ColumnGroups::range_of_t(double added) const {
  // Of the squares, with the sign of t: roots take longer.
  Group low = Group::Constant(std::numeric_limits<double>::infinity());
  Group high = -low;
  for (std::size_t group = 0; group < b_.size(); ++group) {
    const Group square = b_[group] * b_[group].abs() / (s2_[group] + added);
    low = low.min(square);
    high = high.max(square);
  }
  const auto root = [](double square) {
    return std::copysign(std::sqrt(std::abs(square)), square);
  };
  return {root(low.minCoeff()), root(high.maxCoeff())};
}

}  // namespace tcpstep
