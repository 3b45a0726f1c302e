// Words and numbers for people.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/units.h"

namespace tcpstep {

// A time span with four significant digits in the unit a reader expects: "13.17 µs", "34.23 ms",
// "1.284 s". Below 2 ms microseconds are used, below 2 s milliseconds.
[[nodiscard]] std::string format_duration(Duration duration);

// The same with a sign, in the unit that `scale` would get, so that a column keeps one unit.
[[nodiscard]] std::string format_difference(Duration difference, Duration scale);

// A count with the right form of its noun: "1 round", "20 rounds".
[[nodiscard]] std::string count_of(std::uint64_t count, std::string_view noun);

// Outside text made safe to print on a terminal: control bytes and non-ASCII become \xNN,
// and what is longer than `limit` bytes is cut with "…".
[[nodiscard]] std::string printable(std::string_view text, std::size_t limit = 60);

// Words with outside text in them, such as a file's name, made safe to print on a terminal: control
// characters but LF and tab become \xNN. What UTF-8 writes in other languages stays as it is.
[[nodiscard]] std::string without_controls(std::string_view text);

// Outside text made safe as a header value of a result file: quotes, commas, '#' and control
// bytes would mislead CSV readers and become a space or an apostrophe.
[[nodiscard]] std::string header_safe(std::string_view text);

}  // namespace tcpstep
