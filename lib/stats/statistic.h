// Which number represents a series of samples.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/units.h"
#include "lib/stats/sample_sketch.h"

namespace tcpstep {

// The minimum, the mean or a quantile of a series.
class Statistic {
 public:
  static Statistic minimum() { return Statistic(Kind::Minimum, 0); }
  static Statistic mean() { return Statistic(Kind::Mean, 0); }
  // 0 <= probability <= 1.
  static Statistic quantile(double probability) { return Statistic(Kind::Quantile, probability); }

  // "min", "mean", "median" or "pNN" with 0 < NN < 100, such as p99 or p99.9; nothing otherwise.
  static std::optional<Statistic> parse(std::string_view text);

  [[nodiscard]] std::string name() const;

  // How long a series has to be for this to be more than its smallest or largest sample: 100 for
  // p99 and for p1. 1 for the minimum and the mean.
  [[nodiscard]] std::size_t samples_needed() const;

  // Nothing without samples. A quantile is exact or within SampleSketch::kRelativeError.
  [[nodiscard]] std::optional<Duration> of(const SampleSketch& samples) const;
  // The same in ns, not rounded.
  [[nodiscard]] std::optional<double> ns_of(const SampleSketch& samples) const;

  // True if `of` may give something else than the exact samples would.
  [[nodiscard]] bool is_rounded(const SampleSketch& samples) const {
    return kind_ == Kind::Quantile && !samples.is_exact();
  }

 private:
  enum class Kind : unsigned char { Minimum, Mean, Quantile };
  Statistic(Kind kind, double probability) : kind_(kind), probability_(probability) {}

  Kind kind_;
  double probability_;
};

}  // namespace tcpstep
