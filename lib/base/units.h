// The quantities of a measurement, as types that do not mix.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>

namespace tcpstep {

// Every time span of the toolkit; the clock is monotonic and counts nanoseconds.
using Duration = std::chrono::nanoseconds;

// Application bytes of one ping, without any header. Always 1 … kLargest.
class PayloadSize {
 public:
  static constexpr std::uint32_t kLargest = 1U << 20U;  // 1 MiB

  explicit constexpr PayloadSize(std::uint32_t bytes) : bytes_(bytes) {}
  [[nodiscard]] constexpr std::uint32_t bytes() const { return bytes_; }
  auto operator<=>(const PayloadSize&) const = default;

 private:
  std::uint32_t bytes_;
};

// Largest payload of one TCP segment on this path, options already subtracted (RFC 6691):
// 1448 on Ethernet with IPv4 and TCP timestamps. Never zero.
class Mss {
 public:
  explicit constexpr Mss(std::uint32_t bytes) : bytes_(bytes) {}
  [[nodiscard]] constexpr std::uint32_t bytes() const { return bytes_; }
  auto operator<=>(const Mss&) const = default;

 private:
  std::uint32_t bytes_;
};

// How many full-sized TCP segments a payload fills: the k of "class k".
[[nodiscard]] constexpr std::uint32_t segments_needed(PayloadSize payload, Mss mss) {
  return (payload.bytes() + mss.bytes() - 1) / mss.bytes();
}

}  // namespace tcpstep
