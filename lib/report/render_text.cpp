#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/text.h"
#include "lib/report/drawing.h"
#include "lib/report/render.h"
#include "lib/report/rows.h"

namespace tcpstep {
namespace {

constexpr std::size_t kLongestLink = 20;  // columns

std::string warning_lines(const std::string& text, const std::string& remedy,
                          const Screen& screen) {
  return wrapped(text, screen.columns, "  ! ", "    ") +
         (remedy.empty() ? std::string() : wrapped(remedy, screen.columns, "    ", "    "));
}

std::vector<ScreenColumn> screen_columns(const CellTable& cells) {
  // What gives way first: the time added, the tail, the sizes, the median.
  constexpr unsigned kGivesWay[]{0, 2, 0, 1, 3, 4, 0};
  std::vector<ScreenColumn> table;
  for (std::size_t i = 0; i < cells.title.size(); ++i) {
    ScreenColumn& column = table.emplace_back();
    column.title = cells.title[i];
    column.gives_way = kGivesWay[i];
    column.group = i >= 5 ? cells.added_to : "";
    for (const auto& row : cells.rows) {
      column.cells.push_back(row[i]);
    }
  }
  // Nothing was added where all sizes are in one class.
  const bool is_empty = std::ranges::all_of(
      cells.rows, [](const auto& row) { return row[5].empty() && row[6].empty(); });
  table.resize(is_empty && !table.empty() ? 5 : table.size());
  return table;
}

std::string fitted_text(const PenaltyTable& table, const Screen& screen) {
  constexpr unsigned kGivesWay[]{0, 2, 0, 1};
  const CellTable fitted = fitted_cells(table);
  std::vector<ScreenColumn> columns;
  for (std::size_t i = 0; i < fitted.title.size(); ++i) {
    columns.push_back({.title = fitted.title[i], .gives_way = kGivesWay[i]});
    for (const auto& row : fitted.rows) {
      columns.back().cells.push_back(row[i]);
    }
  }
  const std::string text = screen_table(std::move(columns), screen.columns);
  return fitted.text.empty() ? text : text + wrapped(fitted.text, screen.columns, "  ", "  ");
}

}  // namespace

std::string notes_text(const PenaltyTable& table, const Screen& screen) {
  return warnings_text(notes_of(table), screen);
}

std::string warnings_text(std::span<const Warning> warnings, const Screen& screen) {
  std::string text;
  for (const Warning& warning : warnings) {
    text += warning_lines(warning.text, warning.remedy, screen);
  }
  return text;
}

namespace {

// One link: heading, table, warnings.
std::string link_text(const PenaltyTable& table, const Screen& screen, bool has_fit) {
  std::string text =
      wrapped(heading(table), screen.columns) + wrapped(extent(table), screen.columns);
  if (const std::string reason = why_no_penalties(table); !reason.empty()) {
    text += wrapped(reason, screen.columns);
  }
  if (const CellTable cells = class_cells(table); !cells.rows.empty()) {
    text += screen_table(screen_columns(cells), screen.columns);
  }
  text += notes_text(table, screen);
  return has_fit ? text + fitted_text(table, screen) : text;
}

// Several links: one row each, and their warnings.
std::string overview_text(std::span<const PenaltyTable> tables, const Screen& screen) {
  const std::string rtt = is_of_one_byte(tables) ? "RTT of 1 byte" : "RTT of smallest size";
  const std::string added = "added by packet";
  std::vector<ScreenColumn> columns{{.title = "link"},
                                    {.title = "runs", .gives_way = 5},
                                    {.title = "fastest", .group = rtt},
                                    {.title = "median", .gives_way = 3, .group = rtt},
                                    {.title = "p99", .gives_way = 4, .group = rtt},
                                    {.title = "full", .gives_way = 1, .group = added},
                                    {.title = "2nd", .group = added},
                                    {.title = "4th", .gives_way = 2, .group = added},
                                    {.title = "last", .gives_way = 6}};
  if (has_trends(tables)) {
    columns.push_back({.title = "change", .gives_way = 2});
  }
  for (const std::vector<std::string>& cells : overview_rows(tables)) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      columns[i].cells.push_back(i == 0 ? cut_to(cells[i], kLongestLink) : cells[i]);
    }
  }
  return wrapped(extent(tables), screen.columns) +
         screen_table(std::move(columns), screen.columns) +
         warnings_text(shared_notes(tables), screen);
}

}  // namespace

std::string render_text(std::span<const PenaltyTable> tables, const TextOptions& options) {
  if (tables.empty()) {
    return {};
  }
  if (tables.size() > 1 && !options.has_details) {
    return overview_text(tables, options.screen);
  }
  std::string text = tables.size() > 1 ? overview_text(tables, options.screen) : std::string();
  for (const PenaltyTable& table : tables) {
    text += (text.empty() ? "" : "\n") + link_text(table, options.screen, options.has_fit);
  }
  return text;
}

}  // namespace tcpstep
