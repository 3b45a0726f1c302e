// Text: numbers for people, text from outside, the version.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/units.h"

namespace tcpstep {

// A duration with four significant digits in the usual unit: "13.17 µs", "34.23 ms",
// "1.284 s". Below 2 ms microseconds are used, below 2 s milliseconds.
[[nodiscard]] std::string format_duration(Duration duration);

// The same with a sign, in the unit that `scale` would get, so that a column keeps one unit.
[[nodiscard]] std::string format_difference(Duration difference, Duration scale);

// For an estimate: "50 s", "4 min". At least "1 s".
[[nodiscard]] std::string rough_duration(Duration duration);

// A count with the right form of its noun: "1 round", "20 rounds".
[[nodiscard]] std::string count_of(std::uint64_t count, std::string_view noun);

// Outside text made safe to print on a terminal: control bytes and non-ASCII become \xNN,
// and what is longer than `limit` bytes is cut with "…".
[[nodiscard]] std::string printable(std::string_view text, std::size_t limit = 60);

// Outside text made safe as a header value of a result file: quotes, commas, '#' and control
// bytes would mislead CSV readers and become a space or an apostrophe.
[[nodiscard]] std::string header_safe(std::string_view text);

// The parts of `text` between separators: one more than there are of these.
[[nodiscard]] std::vector<std::string_view> split(std::string_view text,
                                                  std::string_view separator);

// What follows the last line break that does not end `text`.
[[nodiscard]] std::string_view last_line(std::string_view text);

// The word of `known` that `word` was perhaps meant to be: that begins with it, or is at most two
// letters away. Empty if there is none.
[[nodiscard]] std::string nearest_word(std::string_view word,
                                       const std::vector<std::string>& known);

[[nodiscard]] std::string_view version();          // "0.1.0"
[[nodiscard]] std::string_view version_and_git();  // "tcpstep 0.1.0 (git 1a2b3c4)"

[[nodiscard]] inline std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

[[nodiscard]] inline std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace tcpstep
