#include "lib/stats/mss_fit.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace tcpstep {
namespace {

constexpr std::uint32_t kSmallestMss = 400;
constexpr std::uint32_t kLargestMss = 1600;
constexpr std::size_t kFewestSizes = 6;  // two more than parameters

using Vector = std::vector<double>;

double dot(const Vector& a, const Vector& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    sum += a[i] * b[i];
  }
  return sum;
}

void remove_part(Vector& vector, const Vector& unit) {
  const double length = dot(vector, unit);
  for (std::size_t i = 0; i < vector.size(); ++i) {
    vector[i] -= length * unit[i];
  }
}

// Least squares by Gram-Schmidt, a column after the other; one that adds nothing is left out.
class Regression {
 public:
  explicit Regression(Vector values) : residuals_(std::move(values)) {}

  void add(Vector column) {
    const double before = dot(column, column);
    for (int pass = 0; pass < 2; ++pass) {
      for (const Vector& unit : basis_) {
        remove_part(column, unit);
      }
    }
    const double squared = dot(column, column);
    if (squared <= 1e-12 * before) {
      return;
    }
    for (double& element : column) {
      element /= std::sqrt(squared);
    }
    remove_part(residuals_, column);
    basis_.push_back(std::move(column));
  }

  [[nodiscard]] double squared_residuals() const { return dot(residuals_, residuals_); }

 private:
  Vector residuals_;
  std::vector<Vector> basis_;
};

}  // namespace

std::optional<MssFit> fit_mss(std::span<const SizeTime> floors) {
  if (floors.size() < kFewestSizes) {
    return std::nullopt;
  }
  Vector times;
  Vector sizes;
  for (const SizeTime& floor : floors) {
    times.push_back(floor.ns);
    sizes.push_back(floor.size.bytes());
  }
  Regression line(times);
  line.add(Vector(sizes.size(), 1.0));
  line.add(sizes);
  const double straight = line.squared_residuals();
  Vector squares;
  for (std::uint32_t mss = kSmallestMss; mss <= kLargestMss; ++mss) {
    Vector first;
    Vector further;
    for (const SizeTime& floor : floors) {
      const std::uint32_t segments = segments_needed(floor.size, Mss(mss));
      first.push_back(segments >= 2 ? 1 : 0);
      further.push_back(segments - 1);
    }
    Regression stairs = line;
    stairs.add(std::move(first));
    stairs.add(std::move(further));
    squares.push_back(stairs.squared_residuals());
  }
  const double least = *std::min_element(squares.begin(), squares.end());
  const auto is_best = [&](double sum) { return sum <= least * (1 + 1e-9) + 1e-12 * straight; };
  const auto first = std::find_if(squares.begin(), squares.end(), is_best) - squares.begin();
  const auto last = squares.rend() - std::find_if(squares.rbegin(), squares.rend(), is_best) - 1;
  return MssFit{.smallest = Mss(kSmallestMss + static_cast<std::uint32_t>(first)),
                .largest = Mss(kSmallestMss + static_cast<std::uint32_t>(last)),
                .gain = straight > 0 ? 1 - least / straight : 0};
}

}  // namespace tcpstep
