#include "lab/reference_2014.h"

#include <charconv>
#include <sstream>

#include "lib/base/text.h"

namespace tcpstep {
namespace {

std::optional<int> number_of(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} ? std::optional(number) : std::nullopt;
}

}  // namespace

Reference2014 reference_2014(std::string_view profile) {
  std::istringstream lines{std::string(reference_2014_csv())};
  for (std::string line; std::getline(lines, line);) {
    const auto fields = split(line, ",");
    if (!line.starts_with('#') && fields.at(1) == profile) {
      return {.filling = number_of(fields.at(2)),
              .second = number_of(fields.at(3)),
              .fourth = number_of(fields.at(4)),
              .average_filling = number_of(fields.at(5)),
              .sweet_spot = std::string(fields.at(6)),
              .remark = std::string(fields.at(7))};
    }
  }
  return {};
}

}  // namespace tcpstep
