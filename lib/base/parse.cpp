#include "lib/base/parse.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/text.h"

namespace tcpstep {
namespace {

struct TimeUnit {
  std::string_view name;
  Duration::rep nanoseconds;
};

constexpr std::array<TimeUnit, 7> kTimeUnits{{
    {"ns", 1},
    {"us", 1'000},
    {"ms", 1'000'000},
    {"s", 1'000'000'000},
    {"min", 60'000'000'000},
    {"h", 3'600'000'000'000},
    {"d", 86'400'000'000'000},
}};

// All of `text`, without an exponent, between the limits; nothing if it is anything else.
std::optional<double> number_of(std::string_view text, double smallest, double largest) {
  double number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  const bool is_whole = error == std::errc{} && end == text.data() + text.size();
  return is_whole && number >= smallest && number <= largest ? std::optional(number) : std::nullopt;
}

}  // namespace

std::uint64_t parse_count(std::string_view text, std::uint64_t smallest, std::uint64_t largest) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_number = error == std::errc{} && end == text.data() + text.size();
  if (!is_number || number < smallest || number > largest) {
    throw UsageError(fmt::format("invalid number '{}': expected a whole number from {} to {}",
                                 printable(text), smallest, largest));
  }
  return number;
}

std::optional<std::uint64_t> number_of_bytes(std::string_view text) {
  constexpr std::uint64_t kKi = 1024;
  constexpr std::array<std::pair<std::string_view, std::uint64_t>, 7> kUnits{
      {{"", 1},
       {"k", 1000},
       {"M", 1'000'000},
       {"G", 1'000'000'000},
       {"KiB", kKi},
       {"MiB", kKi * kKi},
       {"GiB", kKi * kKi * kKi}}};
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const auto unit =
      std::ranges::find(kUnits, text.substr(static_cast<std::size_t>(end - text.data())),
                        [](const auto& known) { return known.first; });
  if (error == std::errc::invalid_argument || unit == kUnits.end()) {
    return std::nullopt;
  }
  const bool is_too_large = error != std::errc{} || count > kMost / unit->second;
  return is_too_large ? kMost : count * unit->second;
}

std::uint64_t parse_bytes(std::string_view text, std::uint64_t smallest, std::uint64_t largest) {
  const auto bytes = number_of_bytes(text);
  if (!bytes || *bytes < smallest || *bytes > largest) {
    throw UsageError(
        fmt::format("invalid number of bytes '{}': expected {} to {}, such as 64k or 256MiB",
                    printable(text), smallest, largest));
  }
  return *bytes;
}

double parse_number(std::string_view text, double smallest, double largest) {
  if (const auto number = number_of(text, smallest, largest)) {
    return *number;
  }
  throw UsageError(fmt::format("invalid number '{}': expected {:g} to {:g}", printable(text),
                               smallest, largest));
}

double parse_share(std::string_view text, double smallest, double largest) {
  const bool is_share = text.ends_with('%');
  const std::string_view digits = text.substr(0, text.size() - (is_share ? 1 : 0));
  if (const auto percent = number_of(digits, 100 * smallest, 100 * largest); is_share && percent) {
    return *percent / 100;
  }
  throw UsageError(fmt::format("invalid percentage '{}': expected {:g}% to {:g}%, such as 2.5%",
                               printable(text), 100 * smallest, 100 * largest));
}

std::uint16_t parse_port(std::string_view text) {
  return static_cast<std::uint16_t>(
      parse_count(text, 1, std::numeric_limits<std::uint16_t>::max()));
}

Duration parse_duration(std::string_view text, Duration smallest, Duration largest) {
  const auto digits = std::min(text.find_first_not_of("0123456789."), text.size());
  const std::string_view unit_name = text.substr(digits);
  const auto unit = std::ranges::find(kTimeUnits, unit_name, &TimeUnit::name);
  constexpr double kMost = 1e18;
  const auto number = number_of(text.substr(0, digits), 0, kMost);
  const bool is_zero = number == 0 && unit_name.empty();
  if (number && !is_zero && unit_name.empty()) {
    throw UsageError(
        fmt::format("invalid duration '{0}': the unit is missing, as in {0}ms or {0}s", text));
  }
  if (digits == 0 || (unit == kTimeUnits.end() && !is_zero)) {
    throw UsageError(
        fmt::format("invalid duration '{}': expected a number and a unit, such as "
                    "500us, 10ms, 0.5s, 5min or 1h",
                    printable(text)));
  }
  const double ns =
      number.value_or(kMost) * (is_zero ? 1.0 : static_cast<double>(unit->nanoseconds));
  if (ns > static_cast<double>(largest.count()) || ns < static_cast<double>(smallest.count())) {
    throw UsageError(fmt::format("invalid duration '{}': expected {} to {}", printable(text),
                                 format_duration(smallest), format_duration(largest)));
  }
  return Duration(static_cast<Duration::rep>(ns + 0.5));
}

bool is_valid_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           std::string_view("._+-").find(c) != std::string_view::npos;
  });
}

std::string parse_name(std::string_view text) {
  if (!is_valid_name(text)) {
    throw UsageError(fmt::format("invalid name '{}': expected {}", printable(text), kNameRule));
  }
  return std::string(text);
}

}  // namespace tcpstep
