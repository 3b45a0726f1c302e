#include <fmt/format.h>

#include "lib/base/escape.h"
#include "lib/report/render.h"
#include "lib/report/rows.h"

namespace tcpstep {
namespace {

std::string render_cells(const CellTable& cells, std::string_view rule) {
  std::string text;
  const auto add = [&](const std::vector<std::string>& row) {
    for (const std::string& cell : row) {
      text += cell.empty() ? "| " : fmt::format("| {} ", markdown_escaped(cell));
    }
    text += "|\n";
  };
  if (!cells.rows.empty()) {
    add(cells.title);
    text += fmt::format("{}\n", rule);
    for (const auto& row : cells.rows) {
      add(row);
    }
  }
  return text;
}

std::string render_fitted(const PenaltyTable& table) {
  const CellTable cells = fitted_cells(table);
  if (cells.text.empty()) {
    return {};
  }
  std::string text = '\n' + render_cells(cells, "|---|---:|---:|---:|");
  return text + (cells.rows.empty() ? "" : "\n") + markdown_escaped(cells.text) + '\n';
}

// The last columns, with what they are relative to.
CellTable cells_of(const PenaltyTable& table) {
  CellTable cells = class_cells(table);
  if (!cells.title.empty()) {
    cells.title[5] = cells.added_to;
  }
  return cells;
}

// A row for each link.
std::string render_overview(std::span<const PenaltyTable> tables) {
  CellTable cells;
  cells.title = {
      "link",   "runs", is_of_one_byte(tables) ? "RTT of 1 byte" : "RTT of smallest size",
      "median", "p99",  "full packet",
      "2nd",    "4th",  "last run"};
  std::string rule = "|---|---:|---:|---:|---:|---:|---:|---:|---:|";
  if (has_trends(tables)) {
    cells.title.emplace_back("change");
    rule += "---:|";
  }
  cells.rows = overview_rows(tables);
  for (auto& row : cells.rows) {
    row.resize(cells.title.size());
  }
  return markdown_escaped(extent(tables)) + "\n\n" + render_cells(cells, rule) +
         render_warnings(shared_notes(tables));
}

std::string render_link(const PenaltyTable& table, bool has_fit) {
  std::string text = fmt::format("**{}**\n\n{}\n\n", markdown_escaped(heading(table)),
                                 markdown_escaped(extent(table)));
  if (const std::string reason = why_no_penalties(table); !reason.empty()) {
    text += markdown_escaped(reason) + "\n\n";
  }
  return text + render_cells(cells_of(table), "|---|---:|---:|---:|---:|---:|---:|") +
         render_warnings(notes_of(table)) + (has_fit ? render_fitted(table) : "");
}

}  // namespace

std::string render_warnings(std::span<const Warning> warnings) {
  std::string text;
  for (const Warning& warning : warnings) {
    text += fmt::format("- {}{}{}\n", markdown_escaped(warning.text),
                        warning.remedy.empty() ? "" : " ", markdown_escaped(warning.remedy));
  }
  return text.empty() ? text : '\n' + text;
}

std::string render_markdown(std::span<const PenaltyTable> tables, const TextOptions& options) {
  std::string text = tables.size() > 1 ? render_overview(tables) : std::string();
  if (tables.size() == 1 || options.has_details) {
    for (const PenaltyTable& table : tables) {
      text += (text.empty() ? "" : "\n") + render_link(table, options.has_fit);
    }
  }
  return text;
}

}  // namespace tcpstep
