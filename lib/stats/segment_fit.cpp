#include "lib/stats/segment_fit.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <utility>
#include <vector>

#include "lib/stats/estimators.h"
#include "lib/stats/orthonormal_basis.h"

namespace tcpstep {
namespace {

constexpr std::uint32_t kSmallestMss = 400;
constexpr std::uint32_t kLargestMss = 1600;
constexpr std::size_t kFewestSizes = 6;  // two more than parameters
constexpr int kIterations = 20;
constexpr double kExact = 1e-9;   // of the times: what is left is rounding
constexpr double kHuber = 1.345;  // 95 % efficient if the residuals are normal

// Times of as many segments, in a row.
struct SegmentClass {
  std::uint32_t segments;
  std::span<const SizeTime> times;
  double intercept = 0;
};

std::vector<SegmentClass> classes_of(std::span<const SizeTime> times, Mss mss) {
  std::vector<SegmentClass> classes;
  for (std::size_t i = 0, begin = 0; i < times.size(); ++i) {
    const std::uint32_t segments = segments_needed(times[i].size, mss);
    if (i + 1 == times.size() || segments_needed(times[i + 1].size, mss) != segments) {
      classes.push_back({.segments = segments, .times = times.subspan(begin, i + 1 - begin)});
      begin = i + 1;
    }
  }
  return classes;
}

// Fits the intercepts, and returns the common slope: weighted least squares around the means of the
// classes give the same slope as a fit with all intercepts (Frisch & Waugh, Econometrica 1 (1933)
// 387), in time that grows with the number of sizes only.
double fit_classes(std::span<SegmentClass> classes, std::span<const double> weights) {
  double products = 0;
  double squares = 0;
  std::vector<std::pair<double, double>> means;  // of bytes and of ns
  std::size_t i = 0;
  for (const SegmentClass& one : classes) {
    double sum = 0;
    double bytes = 0;
    double ns = 0;
    for (std::size_t k = 0; k < one.times.size(); ++k) {
      sum += weights[i + k];
      bytes += weights[i + k] * one.times[k].size.bytes();
      ns += weights[i + k] * one.times[k].ns;
    }
    means.emplace_back(bytes / sum, ns / sum);
    for (const SizeTime& time : one.times) {
      const double distance = time.size.bytes() - means.back().first;
      products += weights[i] * distance * (time.ns - means.back().second);
      squares += weights[i] * distance * distance;
      ++i;
    }
  }
  const double slope = products / squares;
  for (std::size_t c = 0; c < classes.size(); ++c) {
    classes[c].intercept = means[c].second - slope * means[c].first;
  }
  return slope;
}

}  // namespace

std::optional<SegmentFit> SegmentFit::of(std::span<const SizeTime> times, Mss mss) {
  std::vector<SegmentClass> classes = classes_of(times, mss);
  if (classes.size() == times.size()) {
    return std::nullopt;
  }
  SegmentFit fit(mss);
  fit.residuals_.resize(times.size());
  std::vector<double> weights(times.size(), 1);
  std::vector<double> distances(times.size());
  const double largest = std::ranges::max(times, {}, &SizeTime::ns).ns;
  const double freedom = std::max<double>(
      1, static_cast<double>(times.size()) - static_cast<double>(classes.size() + 1));
  const double widening = std::sqrt(static_cast<double>(times.size()) / freedom);
  for (int i = 0; i < kIterations; ++i) {
    fit.slope_ = fit_classes(classes, weights);
    std::size_t row = 0;
    for (const SegmentClass& one : classes) {
      for (const SizeTime& time : one.times) {
        fit.residuals_[row++] = time.ns - one.intercept - fit.slope_ * time.size.bytes();
      }
    }
    std::ranges::transform(fit.residuals_, distances.begin(), [](double r) { return std::abs(r); });
    fit.residual_deviation_ = kNormalMad * widening * median_of(distances);
    if (fit.residual_deviation_ <= kExact * largest) {
      break;
    }
    std::ranges::transform(distances, weights.begin(), [&](double distance) {
      return std::min(1.0, kHuber * fit.residual_deviation_ / std::max(distance, 1e-9));
    });
  }
  for (const SegmentClass& one : classes) {
    fit.intercepts_[one.segments] = one.intercept;
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
