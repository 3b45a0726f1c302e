// Numbers with units, as profiles and the lab's options write them, and the scale of a link.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/units.h"

namespace tcpstep {

// Each takes decimal fractions ("2.5Mbit/s") and throws UsageError with what is wrong and an
// example of what would be right.
[[nodiscard]] Duration parse_link_time(std::string_view text);        // 1ns to 60s; ns us ms s
[[nodiscard]] std::uint64_t parse_rate(std::string_view text);        // bit/s; 1bit/s to 10Gbit/s
[[nodiscard]] std::uint32_t parse_percentage(std::string_view text);  // ppm; 0.0001% to 50%
[[nodiscard]] std::uint32_t parse_link_bytes(std::string_view text, std::uint32_t smallest,
                                             std::uint32_t largest);  // B

// How much slower than in reality an emulated link runs.
class Scale {
 public:
  static constexpr std::int64_t kOne = 1000;

  constexpr Scale() = default;
  explicit constexpr Scale(std::int64_t thousandths) : thousandths_(thousandths) {}
  auto operator<=>(const Scale&) const = default;

  [[nodiscard]] constexpr Duration times(Duration duration) const {
    return duration * thousandths_ / kOne;
  }
  [[nodiscard]] constexpr std::int64_t thousandths() const { return thousandths_; }
  [[nodiscard]] constexpr bool is_one() const { return thousandths_ == kOne; }

  // "10", "0.2"
  [[nodiscard]] std::string text() const;

 private:
  std::int64_t thousandths_ = kOne;
};

// A number from 0.01 to 1000 with at most three decimals. Throws UsageError.
[[nodiscard]] Scale parse_scale(std::string_view text);

}  // namespace tcpstep
