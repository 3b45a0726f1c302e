// How much slower than life an emulated link runs.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/units.h"

namespace tcpstep {

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
