// Random numbers that are the same on every machine, compiler and library.
#pragma once

#include <cstdint>

#include "lib/base/units.h"

namespace tcpstep {

// SplitMix64 (Steele, Lea, Flood 2014): 64 bits a step, any seed is as good as another.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t mixed = state_ += 0x9E3779B97F4A7C15ULL;
    mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EBULL;
    return mixed ^ (mixed >> 31U);
  }

  // 0 … limit-1, `limit` not zero. Lemire's reduction; its bias is below limit / 2^32.
  std::uint32_t below(std::uint32_t limit) {
    return static_cast<std::uint32_t>((next() >> 32U) * limit >> 32U);
  }

  // True in `parts` of a million cases. Draws nothing where that is never.
  bool happens(std::uint32_t parts) {
    constexpr std::uint32_t kMillion = 1'000'000;
    return parts > 0 && below(kMillion) < parts;
  }

  // 0 … longest, to the nanosecond.
  Duration uniform(Duration longest) { return scaled(longest, next() >> 32U); }

  // Exponential with the given mean, by comparisons only (von Neumann 1951): a logarithm need not
  // be the same in two mathematical libraries.
  Duration exponential(Duration mean) {
    for (Duration whole{0};; whole += mean) {
      const std::uint64_t first = next() >> 32U;
      std::uint64_t last = first;
      bool is_odd = true;
      for (std::uint64_t draw = next() >> 32U; draw < last; draw = next() >> 32U) {
        last = draw;
        is_odd = !is_odd;
      }
      if (is_odd) {
        return whole + scaled(mean, first);
      }
    }
  }

 private:
  // whole * fraction / 2^32 without overflow: spans below an hour have at most 42 bits.
  static Duration scaled(Duration whole, std::uint64_t fraction) {
    const auto ns = static_cast<std::uint64_t>(whole.count());
    const std::uint64_t high = (ns >> 32U) * fraction;
    const std::uint64_t low = (ns & 0xFFFFFFFFU) * fraction >> 32U;
    return Duration(static_cast<Duration::rep>(high + low));
  }

  std::uint64_t state_;
};

}  // namespace tcpstep
