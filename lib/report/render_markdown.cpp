#include <fmt/format.h>

#include "lib/base/escape.h"
#include "lib/report/render.h"
#include "lib/report/rows.h"

namespace tcpstep {
namespace {

std::string render_penalty_grid(std::span<const PenaltyTable> tables) {
  std::string header = fmt::format("| {} |", penalty_rows_title(tables));
  std::string rule = "|---|";
  for (const PenaltyTable& table : tables) {
    header += fmt::format(" {} |", markdown_escaped(table.link));
    rule += "---:|";
  }
  std::string text = header + '\n' + rule + '\n';
  for (const PenaltyRow& row : kPenaltyRows) {
    text += fmt::format("| {} |", markdown_escaped(row.words));
    for (const PenaltyTable& table : tables) {
      text += fmt::format(" {} |", percent_cell(table.*row.penalty));
    }
    text += '\n';
  }
  return text;
}

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

std::string render_notes(const PenaltyTable& table) {
  std::vector<Warning> notes;
  for (const std::string& caveat : caveats(table)) {
    notes.push_back({.key = {}, .text = caveat, .remedy = {}});
  }
  notes.insert(notes.end(), table.warnings.begin(), table.warnings.end());
  return render_warnings(notes);
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

std::string render_markdown(std::span<const PenaltyTable> tables, bool has_fit) {
  if (tables.empty()) {
    return {};
  }
  std::string text = render_penalty_grid(tables);
  for (const PenaltyTable& table : tables) {
    text += fmt::format("\n**{}**\n\n{}\n\n", markdown_escaped(heading(table)),
                        markdown_escaped(extent(table)));
    const std::string reason = why_no_penalties(table);
    if (!reason.empty()) {
      text += markdown_escaped(reason) + "\n\n";
    }
    text += render_cells(cells_of(table), "|---|---:|---:|---:|---:|---:|---:|") +
            render_notes(table) + (has_fit ? render_fitted(table) : "");
  }
  return text;
}

}  // namespace tcpstep
