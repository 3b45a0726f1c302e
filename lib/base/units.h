// The quantities and choices of a measurement, as types that do not mix.
#pragma once

#include <array>
#include <chrono>
#include <compare>
#include <cstdint>
#include <ctime>
#include <string_view>
#include <type_traits>
#include <utility>

namespace tcpstep {

// Every time span of the toolkit; the clock is monotonic and counts nanoseconds.
using Duration = std::chrono::nanoseconds;

// The whole years (UTC) whose times a Duration since 1970 holds.
constexpr int kFirstYear = 1970;
constexpr int kLastYear = 2261;
[[nodiscard]] constexpr bool is_representable_year(std::int64_t year) {
  return year >= kFirstYear && year <= kLastYear;
}

// The clock that times pings: CLOCK_MONOTONIC (clock_gettime(2)), as std::chrono::steady_clock
// reads it, without that one's call into the C++ library after the ack has arrived.
struct MonotonicClock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<MonotonicClock>;
  static constexpr bool is_steady = true;  // NOLINT(readability-identifier-naming): a Clock has it

  static time_point now() noexcept {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return time_point(std::chrono::seconds(now.tv_sec) + Duration(now.tv_nsec));
  }
};

// A word that stands for a value, in options, messages and files.
template <class Value>
using Word = std::pair<std::string_view, Value>;

// Those of an enum's values; specialized beside each enum that has some.
template <class Enum>
inline constexpr std::array<Word<Enum>, 0> kNamesOf;

// The word of a value.
template <class Enum>
requires std::is_enum_v<Enum>
[[nodiscard]] constexpr std::string_view to_word(Enum value) {
  for (const auto& [word, meaning] : kNamesOf<Enum>) {
    if (meaning == value) {
      return word;
    }
  }
  return {};
}

// How an end waits for bytes from the other end.
enum class Wait : std::uint8_t {
  Block,  // sleep in the kernel: leaves the processor to others, costs a wake-up
  Spin,   // poll without sleeping: no wake-up, but needs a processor of its own
};
template <>
inline constexpr auto kNamesOf<Wait> = std::to_array<Word<Wait>>({{"block", Wait::Block},
                                                                  {"spin", Wait::Spin}});

enum class IpVersion : std::uint8_t { Any, V4, V6 };

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

// Of all sizes of a sweep together.
inline constexpr std::uint64_t kLargestRoundBytes = std::uint64_t{1} << 30U;  // 1 GiB

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
