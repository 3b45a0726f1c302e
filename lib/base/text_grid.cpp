#include "lib/base/text_grid.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace tcpstep {
namespace {

std::size_t columns_on_screen(std::string_view text) {  // UTF-8: continuation bytes take no room
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

}  // namespace

std::string align(const TextGrid& grid) {
  std::vector<std::size_t> widths(grid.front().size());
  for (const auto& row : grid) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], columns_on_screen(row[i]));
    }
  }
  std::string text;
  for (const auto& row : grid) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string padding(widths[i] - columns_on_screen(row[i]), ' ');
      line += i == 0 ? "  " + row[i] + padding : "  " + padding + row[i];
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  return text;
}

}  // namespace tcpstep
