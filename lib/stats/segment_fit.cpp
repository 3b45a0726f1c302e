#include "lib/stats/segment_fit.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <utility>
#include <vector>

#include "lib/stats/estimators.h"
#include "lib/stats/least_squares.h"

namespace tcpstep {
namespace {

constexpr std::uint32_t kSmallestMss = 400;
constexpr std::uint32_t kLargestMss = 1600;
constexpr std::size_t kFewestSizes = 6;  // two more than parameters
constexpr int kIterations = 20;
constexpr double kExact = 1e-9;          // of the times: what is left is rounding
constexpr double kHuber = 1.345;         // 95 % efficient if the residuals are normal
constexpr double kNormalScale = 1.4826;  // the deviation of a normal distribution by its median |x|

// Residuals of the weighted least squares of `values` on `columns`.
std::vector<double> weighted_residuals(const std::vector<std::vector<double>>& columns,
                                       std::vector<double> values,
                                       const std::vector<double>& weights,
                                       std::vector<double>& coefficients) {
  auto scaled = columns;
  auto scaled_values = values;
  for (std::size_t row = 0; row < values.size(); ++row) {
    const double factor = std::sqrt(weights[row]);
    scaled_values[row] *= factor;
    for (auto& column : scaled) {
      column[row] *= factor;
    }
  }
  coefficients = least_squares(scaled, scaled_values).coefficients;
  for (std::size_t row = 0; row < values.size(); ++row) {
    for (std::size_t column = 0; column < columns.size(); ++column) {
      values[row] -= coefficients[column] * columns[column][row];
    }
  }
  return values;
}

}  // namespace

std::optional<SegmentFit> SegmentFit::of(std::span<const SizeTime> times, Mss mss) {
  std::map<std::uint32_t, std::vector<double>> classes;  // which times are of a class: 1, else 0
  std::vector<double> sizes;
  std::vector<double> values;
  for (std::size_t i = 0; i < times.size(); ++i) {
    auto& members = classes[segments_needed(times[i].size, mss)];
    members.resize(times.size());
    members[i] = 1;
    sizes.push_back(times[i].size.bytes());
    values.push_back(times[i].ns);
  }
  if (classes.size() == times.size()) {
    return std::nullopt;
  }
  std::vector<std::vector<double>> columns;
  columns.reserve(classes.size() + 1);
  for (auto& [segments, members] : classes) {
    columns.push_back(std::move(members));
  }
  columns.push_back(std::move(sizes));
  SegmentFit fit(mss);
  std::vector<double> coefficients;
  std::vector<double> weights(times.size(), 1);
  const double freedom =
      std::max<double>(1, static_cast<double>(times.size()) - static_cast<double>(columns.size()));
  const double widening = std::sqrt(static_cast<double>(times.size()) / freedom);
  for (int i = 0; i < kIterations; ++i) {
    fit.residuals_ = weighted_residuals(columns, values, weights, coefficients);
    std::vector<double> distances(times.size());
    std::ranges::transform(fit.residuals_, distances.begin(), [](double r) { return std::abs(r); });
    fit.residual_deviation_ = kNormalScale * widening * median_of(distances);
    if (fit.residual_deviation_ <= kExact * *std::ranges::max_element(values)) {
      break;
    }
    std::ranges::transform(distances, weights.begin(), [&](double distance) {
      return std::min(1.0, kHuber * fit.residual_deviation_ / std::max(distance, 1e-9));
    });
  }
  fit.slope_ = coefficients.back();
  std::size_t column = 0;
  for (const auto& [segments, members] : classes) {
    fit.intercepts_[segments] = coefficients[column++];
  }
  return fit;
}

std::optional<double> SegmentFit::at(PayloadSize size) const {
  const auto intercept = intercepts_.find(segments_needed(size, mss_));
  if (intercept == intercepts_.end()) {
    return std::nullopt;
  }
  return intercept->second + slope_ * size.bytes();
}

namespace {

double product(const std::vector<double>& a, const std::vector<double>& b) {
  return std::transform_reduce(a.begin(), a.end(), b.begin(), 0.0);
}

// Takes the part along `unit`, of length 1, out of `column`.
void take_out(const std::vector<double>& unit, std::vector<double>& column) {
  const double part = product(unit, column);
  for (std::size_t row = 0; row < column.size(); ++row) {
    column[row] -= part * unit[row];
  }
}

// How much of the squares of `rest` is explained by `columns` besides `units`, which are at right
// angles, of length 1, and not in `rest` any more.
double explained(const std::vector<double>& rest, std::vector<std::vector<double>> units,
                 const std::array<std::vector<double>, 2>& columns) {
  constexpr double kDependent = 1e-20;  // of the squares: what is left of it is rounding
  double squares = 0;
  for (std::vector<double> column : columns) {
    const double whole = product(column, column);
    for (const auto& unit : units) {
      take_out(unit, column);
    }
    const double left = product(column, column);
    if (left > kDependent * whole) {
      const double part = product(rest, column);
      squares += part * part / left;
      const double length = std::sqrt(left);
      std::ranges::transform(column, column.begin(), [&](double x) { return x / length; });
      units.push_back(std::move(column));
    }
  }
  return squares;
}

}  // namespace

std::optional<MssFit> fit_mss(std::span<const SizeTime> floors) {
  if (floors.size() < kFewestSizes) {
    return std::nullopt;
  }
  std::vector<double> times;
  std::vector<std::vector<double>> line(2);  // 1, size
  for (const SizeTime& floor : floors) {
    times.push_back(floor.ns);
    line[0].push_back(1);
    line[1].push_back(floor.size.bytes());
  }
  const auto units = orthonormal_basis(line);
  for (const auto& unit : units) {
    take_out(unit, times);
  }
  const double straight = product(times, times);
  std::array<std::vector<double>, 2> stairs;
  stairs.fill(std::vector<double>(floors.size()));
  std::vector<double> squares;  // of each MSS
  std::vector<double> last;     // segments - 1 of each size, by the MSS before
  for (std::uint32_t mss = kSmallestMss; mss <= kLargestMss; ++mss) {
    for (std::size_t i = 0; i < floors.size(); ++i) {
      const std::uint32_t segments = segments_needed(floors[i].size, Mss(mss));
      stairs[0][i] = segments >= 2 ? 1 : 0;
      stairs[1][i] = segments - 1;
    }
    squares.push_back(stairs[1] == last
                          ? squares.back()
                          : std::max(0.0, straight - explained(times, units, stairs)));
    last = stairs[1];
  }
  const double least = *std::min_element(squares.begin(), squares.end());
  const auto is_best = [&](double sum) { return sum <= least * (1 + 1e-9) + 1e-12 * straight; };
  const auto first = std::find_if(squares.begin(), squares.end(), is_best) - squares.begin();
  const auto end = squares.rend() - std::find_if(squares.rbegin(), squares.rend(), is_best);
  return MssFit{.smallest = Mss(kSmallestMss + static_cast<std::uint32_t>(first)),
                .largest = Mss(kSmallestMss + static_cast<std::uint32_t>(end) - 1),
                .gain = straight > 0 ? 1 - least / straight : 0};
}

}  // namespace tcpstep
