#include "lib/report/fitted_penalties.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <vector>

#include "lib/stats/estimators.h"

namespace tcpstep {
namespace {

constexpr PayloadSize kOneByte(1);
constexpr double kFarOff = 3;  // residual standard deviations
// Residuals are not flat if their standard deviation is more than this share of the time of one
// byte (a link of 2G: 19 %), or if it is more than the second and neighbors resemble each other:
// the mean square of successive differences over the variance is 2 for independent residuals (von
// Neumann, Annals of Mathematical Statistics 12 (1941) 367).
constexpr double kRough = 0.1;
constexpr double kPatterned = 0.01;
constexpr double kIndependent = 1;

std::array<PayloadSize, 3> points_of(Mss mss) {
  return {PayloadSize(mss.bytes()), PayloadSize(mss.bytes() + 1), PayloadSize(3 * mss.bytes() + 1)};
}

bool is_flat(const SegmentFit& fit, double one_byte) {
  const double deviation = fit.residual_deviation() / one_byte;
  return deviation <= kRough &&
         (deviation <= kPatterned || fit.von_neumann_ratio() >= kIndependent);
}

FittedPenalty over_runs(PayloadSize size, const std::vector<double>& logs) {
  const auto runs = static_cast<double>(logs.size());
  double mean = 0;
  for (const double log : logs) {
    mean += log / runs;
  }
  FittedPenalty penalty{.size = size, .share = std::expm1(mean), .low = {}, .high = {}};
  if (logs.size() >= kFewestRunsForInterval) {
    double squares = 0;
    for (const double log : logs) {
      squares += (log - mean) * (log - mean);
    }
    const double half =
        student_t_quantile(0.975, runs - 1) * std::sqrt(squares / (runs - 1) / runs);
    penalty.low = std::expm1(mean - half);
    penalty.high = std::expm1(mean + half);
  }
  return penalty;
}

}  // namespace

std::optional<RunFit> fit_run(std::span<const SizeTime> endpoints, Mss mss) {
  const auto is_one_segment = [&](const SizeTime& time) {
    return segments_needed(time.size, mss) == 1;
  };
  const auto ones = std::count_if(endpoints.begin(), endpoints.end(), is_one_segment);
  const auto fit = SegmentFit::of(endpoints, mss);
  if (!fit || ones == 0 || ones == static_cast<std::ptrdiff_t>(endpoints.size())) {
    return std::nullopt;
  }
  const double one_byte = *fit->at(kOneByte);
  if (one_byte <= 0) {  // steeper than the times themselves
    return std::nullopt;
  }
  RunFit result{.fitted_one_byte_ns = one_byte, .is_flat = is_flat(*fit, one_byte)};
  const auto points = points_of(mss);
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (const auto time = fit->at(points[i]); time && *time > 0) {
      result.log_penalties[i] = std::log(*time / one_byte);
    }
  }
  const auto measured = std::find_if(endpoints.begin(), endpoints.end(),
                                     [](const SizeTime& time) { return time.size == kOneByte; });
  if (measured != endpoints.end()) {
    result.measured_one_byte_ns = measured->ns;
    result.is_line_off = std::abs(measured->ns - one_byte) > kFarOff * fit->residual_deviation() &&
                         fit->residual_deviation() > 0;
  }
  return result;
}

FittedPenalties combine(std::span<const RunFit> all, Mss mss) {
  std::vector<RunFit> fits;
  std::ranges::copy_if(all, std::back_inserter(fits), &RunFit::is_flat);
  FittedPenalties result{.runs = static_cast<std::uint32_t>(fits.size()),
                         .uneven = static_cast<std::uint32_t>(all.size() - fits.size())};
  const auto points = points_of(mss);
  for (std::size_t i = 0; i < points.size(); ++i) {
    std::vector<double> logs;
    for (const RunFit& fit : fits) {
      if (fit.log_penalties[i]) {
        logs.push_back(*fit.log_penalties[i]);
      }
    }
    if (!logs.empty()) {
      result.rows[i] = over_runs(points[i], logs);
    }
  }
  std::size_t off = 0;
  std::size_t measured = 0;
  for (const RunFit& fit : fits) {
    off += fit.is_line_off ? 1U : 0U;
    measured += fit.measured_one_byte_ns ? 1U : 0U;
    result.fitted_one_byte_ns += fit.fitted_one_byte_ns / static_cast<double>(fits.size());
    result.measured_one_byte_ns += fit.measured_one_byte_ns.value_or(0);
  }
  result.measured_one_byte_ns /= static_cast<double>(std::max<std::size_t>(measured, 1));
  result.is_line_off = off > 0 && 2 * off >= fits.size();
  return result;
}

}  // namespace tcpstep
