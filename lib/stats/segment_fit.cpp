#include "lib/stats/segment_fit.h"

#include <cmath>
#include <cstddef>

namespace tcpstep {

std::optional<SegmentFit> SegmentFit::of(std::span<const SizeTime> times, Mss mss) {
  struct Means {
    double count = 0;
    double size = 0;
    double ns = 0;
  };
  std::map<std::uint32_t, Means> classes;
  for (const SizeTime& time : times) {
    Means& means = classes[segments_needed(time.size, mss)];
    ++means.count;
    means.size += time.size.bytes();
    means.ns += time.ns;
  }
  for (auto& [segments, means] : classes) {
    means.size /= means.count;
    means.ns /= means.count;
  }
  double products = 0;
  double squares = 0;
  for (const SizeTime& time : times) {
    const Means& means = classes[segments_needed(time.size, mss)];
    const double distance = time.size.bytes() - means.size;
    products += distance * (time.ns - means.ns);
    squares += distance * distance;
  }
  if (squares == 0) {
    return std::nullopt;
  }
  SegmentFit fit(mss);
  fit.slope_ = products / squares;
  for (const auto& [segments, means] : classes) {
    fit.intercepts_[segments] = means.ns - fit.slope_ * means.size;
  }
  double residuals = 0;
  double steps = 0;
  std::size_t neighbors = 0;
  std::optional<double> before;
  std::uint32_t segments_before = 0;
  for (const SizeTime& time : times) {
    const std::uint32_t segments = segments_needed(time.size, mss);
    const double residual = time.ns - *fit.at(time.size);
    residuals += residual * residual;
    if (before && segments == segments_before) {
      steps += std::pow(residual - *before, 2);
      ++neighbors;
    }
    before = residual;
    segments_before = segments;
  }
  if (residuals > 0 && neighbors > 0) {
    fit.von_neumann_ratio_ =
        steps / static_cast<double>(neighbors) / (residuals / static_cast<double>(times.size()));
  }
  const std::size_t parameters = classes.size() + 1;
  if (times.size() > parameters) {
    fit.residual_deviation_ = std::sqrt(residuals / static_cast<double>(times.size() - parameters));
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

}  // namespace tcpstep
