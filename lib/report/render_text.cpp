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

std::string render_classes(const PenaltyTable& table) {
  const Duration scale = table.reference_rtt;
  TextGrid grid{{"segments", "payload bytes", "RTT", "penalty", "share"}};
  grid.push_back({"reference", fmt::format("{}", table.reference_size->bytes()),
                  format_duration(scale), "", ""});
  for (const SegmentClass& row : table.classes) {
    const auto [extra, share] = class_cells(table, row);
    grid.push_back({fmt::format("{}", row.segments), sizes_cell(row.penalty),
                    format_duration(row.penalty.rtt), extra, share});
  }
  return align(grid);
}

constexpr const char* kLeftOut = "\n  lost and retransmitted pings are left out, slow ones stay\n";

std::string render_fitted(const PenaltyTable& table) {
  TextGrid grid{{"fitted at the boundary", "bytes", "penalty", "95 % interval"}};
  for (const auto& cells : fitted_cells(table)) {
    grid.emplace_back(cells.begin(), cells.end());
  }
  return grid.size() == 1 ? "" : align(grid) + "  " + fitted_remark(table) + kLeftOut;
}

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
    if (table.reference_size && !table.classes.empty()) {
      text += render_classes(table) + render_fitted(table);
    }
  }
  return text;
}

}  // namespace tcpstep
