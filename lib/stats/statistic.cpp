#include "lib/stats/statistic.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace tcpstep {

std::optional<Statistic> Statistic::parse(std::string_view text) {
  if (text == "min") {
    return minimum();
  }
  if (text == "mean") {
    return mean();
  }
  if (text == "median") {
    return quantile(0.5);
  }
  if (!text.starts_with('p')) {
    return std::nullopt;
  }
  double percent = 0;
  const auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), percent,
                                            std::chars_format::fixed);
  const bool is_whole = error == std::errc{} && end == text.data() + text.size();
  if (!is_whole || !(percent > 0 && percent < 100)) {
    return std::nullopt;
  }
  return quantile(percent / 100);
}

std::string Statistic::name() const {
  switch (kind_) {
    case Kind::Minimum:
      return "min";
    case Kind::Mean:
      return "mean";
    case Kind::Quantile:
      return probability_ == 0.5 ? "median" : fmt::format("p{:g}", probability_ * 100);
  }
  return {};
}

std::size_t Statistic::samples_needed() const {
  if (kind_ != Kind::Quantile) {
    return 1;
  }
  const double tail = std::min(probability_, 1 - probability_);
  return static_cast<std::size_t>(std::ceil(1 / std::max(tail, 1e-9) - 1e-6));
}

std::optional<double> Statistic::ns_of(const SampleSketch& samples) const {
  if (samples.empty()) {
    return std::nullopt;
  }
  switch (kind_) {
    case Kind::Minimum:
      return static_cast<double>(samples.minimum().count());
    case Kind::Mean:
      return samples.mean_ns();
    case Kind::Quantile:
      return samples.quantile_ns(probability_);
  }
  return std::nullopt;
}

std::optional<Duration> Statistic::of(const SampleSketch& samples) const {
  if (samples.empty()) {
    return std::nullopt;
  }
  switch (kind_) {
    case Kind::Minimum:
      return samples.minimum();
    case Kind::Mean:
      return samples.mean();
    case Kind::Quantile:
      return samples.quantile(probability_);
  }
  return std::nullopt;
}

}  // namespace tcpstep
