// Where the steps are: the MSS that the times themselves speak of.
#pragma once

#include <optional>
#include <span>

#include "lib/base/units.h"

namespace tcpstep {

struct SizeLog {
  PayloadSize size;
  double log_floor;  // natural logarithm of the floor in ns
};

struct MssFit {
  Mss smallest;  // sizes tell only between which two of them a boundary lies
  Mss largest;
  double gain;  // the share of a straight line's squared residuals that the steps take away
};

// Above this gain steps were found; noise alone takes away some 10 %.
inline constexpr double kGainOfSteps = 0.5;

// The MSS of 400 to 1600 whose stairs {1, size, [n >= 2], n - 1}, n segments, fit best by least
// squares. Nothing with fewer than 6 sizes.
[[nodiscard]] std::optional<MssFit> fit_mss(std::span<const SizeLog> floors);

}  // namespace tcpstep
