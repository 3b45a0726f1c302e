#include "lib/link/quantity.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>

#include "lib/base/error.h"
#include "lib/base/text.h"

namespace tcpstep {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

// A kind of quantity: its units, its limits in the smallest of them, and the text of both.
struct Kind {
  std::string_view name;
  std::span<const Unit> units;
  std::uint64_t smallest;
  std::uint64_t largest;
  std::string_view range;
  std::string_view example;
};

constexpr Unit kTimes[] = {
    {"ns", 1}, {"us", 1'000}, {"ms", 1'000'000}, {"s", 1'000'000'000}, {"min", 60'000'000'000}};
constexpr Unit kRates[] = {
    {"bit/s", 1}, {"kbit/s", 1'000}, {"Mbit/s", 1'000'000}, {"Gbit/s", 1'000'000'000}};
constexpr Unit kBytes[] = {{"B", 1}};
constexpr Unit kPercent[] = {{"%", 10'000}};
constexpr Unit kScale[] = {{"", Scale::kOne}};

constexpr std::size_t kMostDigits = 9;  // before or after the point: no overflow below
constexpr std::uint64_t kDecimals = 1'000'000'000;
constexpr std::string_view kDigits = "0123456789";

bool has_only_digits(std::string_view text) {
  return !text.empty() && text.size() <= kMostDigits &&
         text.find_first_not_of(kDigits) == std::string_view::npos;
}

std::uint64_t value_of(std::string_view digits) {
  std::uint64_t value = 0;
  for (const char digit : digits) {
    value = value * 10 + static_cast<std::uint64_t>(digit - '0');
  }
  return value;
}

// `number` times `factor`; nothing unless that is a whole number.
std::optional<std::uint64_t> multiplied(std::string_view number, std::uint64_t factor) {
  const std::size_t point = std::min(number.find('.'), number.size());
  const std::string_view whole = number.substr(0, point);
  std::string decimals(point < number.size() ? number.substr(point + 1) : "0");
  if (!has_only_digits(whole) || !has_only_digits(decimals)) {
    return std::nullopt;
  }
  decimals.resize(kMostDigits, '0');
  const std::uint64_t fraction = value_of(decimals) * factor;
  return fraction % kDecimals == 0 ? std::optional(value_of(whole) * factor + fraction / kDecimals)
                                   : std::nullopt;
}

std::uint64_t parse(std::string_view text, const Kind& kind) {
  const std::size_t end = std::min(text.find_first_not_of("0123456789."), text.size());
  const auto unit = std::ranges::find(kind.units, text.substr(end), &Unit::name);
  const auto value =
      unit == kind.units.end() ? std::nullopt : multiplied(text.substr(0, end), unit->factor);
  if (!value || *value < kind.smallest || *value > kind.largest) {
    throw UsageError(
        fmt::format("invalid {} '{}': expected {}", kind.name, printable(text), kind.range),
        fmt::format("For example: {}.", kind.example));
  }
  return *value;
}

}  // namespace

Duration parse_link_time(std::string_view text) {
  return Duration(parse(text, {.name = "time",
                               .units = kTimes,
                               .smallest = 1,
                               .largest = 60'000'000'000,
                               .range = "1ns to 60s",
                               .example = "500us, 10ms or 2.5s"}));
}

std::uint64_t parse_rate(std::string_view text) {
  return parse(text, {.name = "rate",
                      .units = kRates,
                      .smallest = 1,
                      .largest = 10'000'000'000,
                      .range = "1bit/s to 10Gbit/s",
                      .example = "820kbit/s or 2.5Mbit/s"});
}

std::uint32_t parse_percentage(std::string_view text) {
  return static_cast<std::uint32_t>(parse(text, {.name = "percentage",
                                                 .units = kPercent,
                                                 .smallest = 1,
                                                 .largest = 500'000,
                                                 .range = "0.0001% to 50%",
                                                 .example = "0.1%"}));
}

std::uint32_t parse_link_bytes(std::string_view text, std::uint32_t smallest,
                               std::uint32_t largest) {
  const std::string range = fmt::format("{}B to {}B", smallest, largest);
  return static_cast<std::uint32_t>(
      parse(text, {.name = "number of bytes",
                   .units = kBytes,
                   .smallest = smallest,
                   .largest = largest,
                   .range = range,
                   .example = fmt::format("{}B", std::max(smallest, 40U))}));
}

std::string Scale::text() const {
  std::string text = fmt::format("{}.{:03}", thousandths_ / kOne, thousandths_ % kOne);
  text.erase(text.find_last_not_of('0') + 1);
  return text.ends_with('.') ? text.substr(0, text.size() - 1) : text;
}

Scale parse_scale(std::string_view text) {
  return Scale(static_cast<std::int64_t>(parse(text, {.name = "scale",
                                                      .units = kScale,
                                                      .smallest = 10,
                                                      .largest = 1'000'000,
                                                      .range = "0.01 to 1000",
                                                      .example = "10 or 0.2"})));
}

}  // namespace tcpstep
