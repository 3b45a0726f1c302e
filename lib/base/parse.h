// Values of the command line: text in, checked value out. All throw a UsageError that quotes the
// text and says what was expected.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/units.h"

namespace tcpstep {

// A whole decimal number between the limits; no sign, no exponent, no white space.
[[nodiscard]] std::uint64_t parse_count(std::string_view text, std::uint64_t smallest,
                                        std::uint64_t largest);

// The same of bytes, also with a unit: k, M, G (powers of 1000), KiB, MiB or GiB.
[[nodiscard]] std::uint64_t parse_bytes(std::string_view text, std::uint64_t smallest,
                                        std::uint64_t largest);

// The number in "1448", "1k" (1000) or "64KiB", at most the largest that there is; nothing if the
// text is anything else.
[[nodiscard]] std::optional<std::uint64_t> number_of_bytes(std::string_view text);

// A plain decimal number between the limits; no exponent.
[[nodiscard]] double parse_number(std::string_view text, double smallest, double largest);

// A share between the limits in percent, "5%" or "2.5%"; 0.05 is 5 %.
[[nodiscard]] double parse_share(std::string_view text, double smallest, double largest);

// 1 to 65535.
[[nodiscard]] std::uint16_t parse_port(std::string_view text);

// A number with its unit: "500us", "10ms", "0.5s", "5min", "1h", "2d"; a bare "0" is zero.
[[nodiscard]] Duration parse_duration(std::string_view text, Duration smallest, Duration largest);

inline constexpr std::string_view kNameRule = "1 to 64 of the characters A-Z a-z 0-9 . _ + -";

// True if `name` may become part of a file name, a plot title or a table: [A-Za-z0-9._+-]{1,64}.
// Links and labels come from people and from remote hosts; everything else is refused where it
// arrives, so that no later stage has to quote it.
[[nodiscard]] bool is_valid_name(std::string_view name);

// A link or label: a valid name.
[[nodiscard]] std::string parse_name(std::string_view text);

}  // namespace tcpstep
