#include "lib/base/text.h"
#include "lib/report/render.h"
#include "lib/report/rows.h"

namespace tcpstep {
namespace {

std::string render_penalty_rows(std::span<const PenaltyTable> tables) {
  TextGrid grid{{std::string(penalty_rows_title(tables))}};
  for (const PenaltyTable& table : tables) {
    grid[0].push_back(table.link);
  }
  for (const PenaltyRow& row : kPenaltyRows) {
    auto& cells = grid.emplace_back();
    cells.emplace_back(row.words);
    for (const PenaltyTable& table : tables) {
      cells.push_back(percent_cell(table.*row.penalty));
    }
  }
  return align(grid);
}

std::string render_cells(const CellTable& cells) {
  std::string text;
  if (!cells.rows.empty()) {
    TextGrid grid{cells.title};
    grid.insert(grid.end(), cells.rows.begin(), cells.rows.end());
    text = align(grid);
  }
  return cells.text.empty() ? text : text + "  " + cells.text + '\n';
}

constexpr std::string_view kLeftOut =
    "  lost and retransmitted pings are left out, slow ones stay\n";

}  // namespace

std::string render_text(std::span<const PenaltyTable> tables) {
  if (tables.empty()) {
    return {};
  }
  std::string text = render_penalty_rows(tables);
  for (const PenaltyTable& table : tables) {
    text += '\n' + summary_line(table) + '\n';
    const std::string reason = why_no_penalties(table);
    if (!reason.empty()) {
      text += "  " + reason + '\n';
    }
    const CellTable fitted = fitted_cells(table);
    text += render_cells(class_cells(table)) + render_cells(fitted);
    if (!fitted.rows.empty()) {
      text += kLeftOut;
    }
  }
  return text;
}

}  // namespace tcpstep
