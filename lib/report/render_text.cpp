#include <algorithm>
#include <iterator>
#include <vector>

#include "lib/report/render.h"
#include "lib/report/rows.h"

namespace tcpstep {
namespace {

using Grid = std::vector<std::vector<std::string>>;

std::size_t columns_on_screen(std::string_view text) {  // UTF-8: continuation bytes take no room
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

// First column to the left, the others to the right, two spaces between them.
std::string align(const Grid& grid) {
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

std::string render_seed_rows(std::span<const PenaltyTable> tables) {
  Grid grid{{std::string(seed_rows_title(tables))}};
  for (const PenaltyTable& table : tables) {
    grid[0].push_back(table.link);
  }
  for (const SeedRow& row : kSeedRows) {
    auto& cells = grid.emplace_back();
    cells.emplace_back(row.words);
    for (const PenaltyTable& table : tables) {
      cells.push_back(percent_cell(table.*row.penalty));
    }
  }
  return align(grid);
}

std::string render_classes(const PenaltyTable& table) {
  const Duration scale = table.reference_rtt;
  Grid grid{{"segments", "payload bytes", "RTT", "penalty", "share"}};
  grid.push_back({"reference", fmt::format("{}", table.reference_size->bytes()),
                  format_duration(scale), "", ""});
  for (const SegmentClass& row : table.classes) {
    const auto [extra, share] = class_cells(table, row);
    grid.push_back({fmt::format("{}", row.segments), sizes_cell(row.penalty),
                    format_duration(row.penalty.rtt), extra, share});
  }
  return align(grid);
}

}  // namespace

std::string render_text(std::span<const PenaltyTable> tables) {
  if (tables.empty()) {
    return {};
  }
  std::string text = render_seed_rows(tables);
  for (const PenaltyTable& table : tables) {
    text += '\n' + summary_line(table) + '\n';
    const std::string reason = why_no_penalties(table);
    if (!reason.empty()) {
      text += "  " + reason + '\n';
    }
    if (table.reference_size && !table.classes.empty()) {
      text += render_classes(table);
    }
  }
  return text;
}

}  // namespace tcpstep
