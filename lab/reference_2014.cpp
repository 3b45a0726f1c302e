#include "lab/reference_2014.h"

#include <charconv>
#include <sstream>
#include <vector>

namespace tcpstep {
namespace {

std::vector<std::string> split(const std::string& line) {
  std::istringstream fields(line + ',');
  std::vector<std::string> split;
  for (std::string field; std::getline(fields, field, ',');) {
    split.push_back(field);
  }
  return split;
}

std::optional<int> number_of(const std::string& text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} ? std::optional(number) : std::nullopt;
}

}  // namespace

Reference2014 reference_2014(std::string_view profile) {
  std::istringstream lines{std::string(reference_2014_csv())};
  for (std::string line; std::getline(lines, line);) {
    const auto fields = split(line);
    if (!line.starts_with('#') && fields.at(1) == profile) {
      return {.filling = number_of(fields.at(2)),
              .second = number_of(fields.at(3)),
              .fourth = number_of(fields.at(4)),
              .average_filling = number_of(fields.at(5)),
              .sweet_spot = fields.at(6),
              .remark = fields.at(7)};
    }
  }
  return {};
}

}  // namespace tcpstep
