#include "lib/link/scale.h"

#include <fmt/format.h>

#include <string>

#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/base/text.h"

namespace tcpstep {
namespace {

constexpr std::int64_t kSmallest = Scale::kOne / 100;
constexpr std::int64_t kLargest = Scale::kOne * 1000;

}  // namespace

std::string Scale::text() const {
  std::string text = fmt::format("{}.{:03}", thousandths_ / kOne, thousandths_ % kOne);
  text.erase(text.find_last_not_of('0') + 1);
  return text.ends_with('.') ? text.substr(0, text.size() - 1) : text;
}

Scale parse_scale(std::string_view text) {
  const auto point = text.find('.');
  std::string decimals(point == std::string_view::npos ? "" : text.substr(point + 1));
  const bool has_digits = point == std::string_view::npos || !decimals.empty();
  if (!has_digits || decimals.size() > 3) {
    throw UsageError(fmt::format("'{}' is no scale", printable(text)),
                     "Write a number such as 10 or 0.2, with at most three decimals.");
  }
  decimals.resize(3, '0');
  const auto whole = parse_count(text.substr(0, point), 0, kLargest / Scale::kOne);
  const auto thousandths =
      static_cast<std::int64_t>(whole * Scale::kOne + parse_count(decimals, 0, 999));
  if (thousandths < kSmallest || thousandths > kLargest) {
    throw UsageError(fmt::format("{} is not from 0.01 to 1000", printable(text)));
  }
  return Scale(thousandths);
}

}  // namespace tcpstep
