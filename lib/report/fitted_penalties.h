// The three penalties of 2014 at the boundary itself, each with an interval over runs.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "lib/base/units.h"
#include "lib/stats/segment_fit.h"

namespace tcpstep {

inline constexpr std::size_t kFewestRunsForInterval = 4;

// So many clean samples of a size make its endpoint estimate. From here on 95 % intervals cover 93
// to 98 %, with stalls, too (docs/statistics.md).
inline constexpr std::size_t kFewestSamplesForFit = 5;

// What the fit of one run says. Empty where no size of the class was measured.
struct RunFit {
  std::array<std::optional<double>, 3> log_penalties;  // log t(MSS), t(MSS+1), t(3 MSS+1) / t(1)
  double fitted_one_byte_ns = 0;
  std::optional<double> measured_one_byte_ns;  // its endpoint estimate
  bool is_line_off = false;                    // the line does not hold at 1 byte
  bool is_on_line = true;                      // the times within each class, but for chance
};

// `endpoints` has the endpoint estimate (lib/stats/estimators.h) of every size of one run.
// `gap_ns` is the median of x(2) - x(1) over the sizes, which shows how far chance moves an
// estimate. Nothing if they do not give a slope, or have no size of one segment, or no other.
[[nodiscard]] std::optional<RunFit> fit_run(std::span<const SizeTime> endpoints, Mss mss,
                                            double gap_ns = 0);

struct FittedPenalty {
  PayloadSize size;
  double share;               // 0.3 is "30 %"
  std::optional<double> low;  // of the 95 % interval over runs; from 4 runs on
  std::optional<double> high;

  [[nodiscard]] bool includes_zero() const { return low && *low <= 0 && *high >= 0; }
};

// For filling the packet, for a second and for a fourth one.
struct FittedPenalties {
  std::uint32_t runs = 0;       // that were fitted and whose times are on the line
  std::uint32_t uneven = 0;     // whose times are not: they count for nothing else
  std::uint32_t too_short = 0;  // runs with fewer than kFewestSamplesForFit samples of a size
  std::array<std::optional<FittedPenalty>, 3> rows;
  bool is_line_off = false;       // in half of the runs or more
  double fitted_one_byte_ns = 0;  // means over the runs
  double measured_one_byte_ns = 0;
};

// Over runs: the mean of the log penalties, and the mean -+ t(0.975, runs - 1) * sd / sqrt(runs).
[[nodiscard]] FittedPenalties combine(std::span<const RunFit> fits, Mss mss);

}  // namespace tcpstep
