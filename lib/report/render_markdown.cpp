#include <fmt/format.h>

#include "lib/base/escape.h"
#include "lib/report/render.h"
#include "lib/report/rows.h"

namespace tcpstep {
namespace {

std::string render_penalty_rows(std::span<const PenaltyTable> tables) {
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

constexpr std::string_view kLeftOut = "lost and retransmitted pings are left out, slow ones stay\n";

std::string render_fitted(const PenaltyTable& table) {
  const CellTable cells = fitted_cells(table);
  if (cells.text.empty()) {
    return {};
  }
  std::string text = '\n' + render_cells(cells, "|---|---:|---:|---:|");
  text += (cells.rows.empty() ? "" : "\n") + markdown_escaped(cells.text) + '\n';
  return cells.rows.empty() ? text : text + std::string(kLeftOut);
}

}  // namespace

std::string render_markdown(std::span<const PenaltyTable> tables) {
  if (tables.empty()) {
    return {};
  }
  std::string text = render_penalty_rows(tables);
  for (const PenaltyTable& table : tables) {
    text += fmt::format("\n**{}**\n\n", markdown_escaped(summary_line(table)));
    const std::string reason = why_no_penalties(table);
    if (!reason.empty()) {
      text += markdown_escaped(reason) + "\n\n";
    }
    text += render_cells(class_cells(table), "|---:|---:|---:|---:|---:|") + render_fitted(table);
  }
  return text;
}

}  // namespace tcpstep
