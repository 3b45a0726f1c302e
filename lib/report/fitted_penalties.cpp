#include "lib/report/fitted_penalties.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <vector>

#include "lib/stats/estimators.h"

namespace tcpstep {
namespace {

constexpr PayloadSize kOneByte(1);
constexpr double kFarOff = 3;  // residual deviations
// What the times of a line may differ from it by, as a share of the time of one byte.
constexpr double kSmall = 0.003;
// Chance moves 2 x(1) - x(2) by about as much as x(2) - x(1): the deviation of the residuals is 1.5
// times the median gap if the excess is exponential, 3.6 times on the lab's Wi-Fi, 40 times in the
// time slots of its EDGE.
constexpr double kGaps = 6;
// A stall moves few sizes far. Where more than a tenth are, a part of the times is on another line.
constexpr double kFar = 5;  // residual deviations
// The mean square of successive differences over the variance is about 2 if residuals are
// independent, near 0 if they follow a curve (von Neumann, Annals of Mathematical Statistics 12
// (1941) 367). A curve moves a penalty by about three times its deviation.
constexpr double kIndependent = 1;

std::array<PayloadSize, 3> points_of(Mss mss) {
  return {PayloadSize(mss.bytes()), PayloadSize(mss.bytes() + 1), PayloadSize(3 * mss.bytes() + 1)};
}

bool is_on_line(std::span<const SizeTime> times, Mss mss, const SegmentFit& fit, double small,
                double gap) {
  const double deviation = fit.residual_deviation();
  const double limit = std::max(small, kFar * deviation);
  double variance = 0;
  double steps = 0;
  std::size_t neighbors = 0;
  std::size_t far = 0;
  const auto near = [&](std::size_t i) { return std::clamp(fit.residuals()[i], -limit, limit); };
  for (std::size_t i = 0; i < times.size(); ++i) {
    far += near(i) == fit.residuals()[i] ? 0U : 1U;
    variance += near(i) * near(i) / static_cast<double>(times.size());
    if (i > 0 && segments_needed(times[i].size, mss) == segments_needed(times[i - 1].size, mss)) {
      steps += (near(i) - near(i - 1)) * (near(i) - near(i - 1));
      ++neighbors;
    }
  }
  return deviation <= std::max(small, kGaps * gap) && 10 * far <= times.size() &&
         (deviation <= small || steps >= kIndependent * variance * static_cast<double>(neighbors));
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

std::optional<RunFit> fit_run(std::span<const SizeTime> endpoints, Mss mss, double gap_ns) {
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
  RunFit result{.fitted_one_byte_ns = one_byte,
                .is_on_line = is_on_line(endpoints, mss, *fit, kSmall * one_byte, gap_ns)};
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
  std::ranges::copy_if(all, std::back_inserter(fits), &RunFit::is_on_line);
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
