// Where the steps are: the MSS that the times themselves speak of.
#pragma once

#include <optional>
#include <span>

#include "lib/base/units.h"
#include "lib/stats/segment_fit.h"

namespace tcpstep {

struct MssFit {
  Mss smallest;  // sizes tell only between which two of them a boundary lies
  Mss largest;
  double gain;  // the share of a straight line's squared residuals that the steps take away
};

// Above this gain steps were found; noise alone takes away some 10 %.
inline constexpr double kGainOfSteps = 0.5;

// The MSS of 400 to 1600 whose stairs {1, size, [n >= 2], n - 1}, n segments, fit the floors best
// by least squares. They are fitted as times: logarithms would bend the line, and steps would be
// found in the bend. Nothing with fewer than 6 sizes.
[[nodiscard]] std::optional<MssFit> fit_mss(std::span<const SizeTime> floors);

}  // namespace tcpstep
