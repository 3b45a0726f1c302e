// Times against payload sizes: a line with a step at every segment boundary.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "lib/base/units.h"

namespace tcpstep {

struct SizeTime {
  PayloadSize size;
  double ns;
};

// The times (in ascending order of size) on {size, one intercept for each class of segments}: the
// analysis of covariance with one common slope (Seber & Lee, Linear Regression Analysis, 2nd
// edition, 2003), by iteratively reweighted least squares with Huber's weights (Annals of
// Mathematical Statistics 35 (1964) 73), so that a few sizes that stalled do not move the line.
class SegmentFit {
 public:
  // Nothing if no class has two sizes: then no slope is known.
  static std::optional<SegmentFit> of(std::span<const SizeTime> times, Mss mss);

  // The fitted time in ns; nothing if no size of that class was measured.
  [[nodiscard]] std::optional<double> at(PayloadSize size) const;

  // The standard deviation of the residuals, from the median of their amounts, so that a few far
  // ones do not count; 0 if as many parameters as points were fitted.
  [[nodiscard]] double residual_deviation() const { return residual_deviation_; }

  // How far each of the times is above the line, in ns.
  [[nodiscard]] std::span<const double> residuals() const { return residuals_; }

 private:
  explicit SegmentFit(Mss mss) : mss_(mss) {}

  Mss mss_;
  double slope_ = 0;                            // ns per byte
  std::map<std::uint32_t, double> intercepts_;  // ns at size 0, by number of segments
  double residual_deviation_ = 0;
  std::vector<double> residuals_;
};

// The MSS that the times themselves suggest.
struct MssFit {
  Mss smallest;  // the sizes only tell between which two of them a boundary lies
  Mss largest;
  double gain;  // the share of a straight line's squared residuals that the steps remove

  [[nodiscard]] Mss middle() const { return Mss((smallest.bytes() + largest.bytes()) / 2); }
};

// Above this gain there are steps; noise alone removes some 10 %.
inline constexpr double kGainOfSteps = 0.5;

// The MSS of 400 to 1600 whose stairs {1, size, [n >= 2], n - 1}, n segments, fit the floors best
// by least squares. Times are fitted, not logarithms: those would bend the line, and the bend would
// look like steps. Nothing with fewer than 6 sizes.
[[nodiscard]] std::optional<MssFit> fit_mss(std::span<const SizeTime> floors);

}  // namespace tcpstep
