#include "lib/report/render.h"
#include "lib/report/rows.h"

namespace tcpstep {
namespace {

std::string render_penalty_rows(std::span<const PenaltyTable> tables) {
  std::string header = fmt::format("| {} |", penalty_rows_title(tables));
  std::string rule = "|---|";
  for (const PenaltyTable& table : tables) {
    header += fmt::format(" {} |", table.link);
    rule += "---:|";
  }
  std::string text = header + '\n' + rule + '\n';
  for (const PenaltyRow& row : kPenaltyRows) {
    text += fmt::format("| {} |", row.words);
    for (const PenaltyTable& table : tables) {
      text += fmt::format(" {} |", percent_cell(table.*row.penalty));
    }
    text += '\n';
  }
  return text;
}

std::string render_classes(const PenaltyTable& table) {
  std::string text =
      "| segments | payload bytes | RTT | penalty | share |\n|---:|---:|---:|---:|---:|\n";
  text += fmt::format("| reference | {} | {} | | |\n", table.reference_size->bytes(),
                      format_duration(table.reference_rtt));
  for (const SegmentClass& row : table.classes) {
    const auto [extra, share] = class_cells(table, row);
    text += fmt::format("| {} | {} | {} | {} | {} |\n", row.segments, sizes_cell(row.penalty),
                        format_duration(row.penalty.rtt), extra, share);
  }
  return text;
}

constexpr const char* kLeftOut = "\nlost and retransmitted pings are left out, slow ones stay\n";

std::string render_fitted(const PenaltyTable& table) {
  const auto rows = fitted_cells(table);
  if (rows.empty()) {
    return {};
  }
  std::string text =
      "\n| fitted at the boundary | bytes | penalty | 95 % interval |\n|---|---:|---:|---:|\n";
  for (const auto& [words, bytes, penalty, interval] : rows) {
    text += fmt::format("| {} | {} | {} | {} |\n", words, bytes, penalty, interval);
  }
  return text + '\n' + fitted_remark(table) + kLeftOut;
}

}  // namespace

std::string render_markdown(std::span<const PenaltyTable> tables) {
  if (tables.empty()) {
    return {};
  }
  std::string text = render_penalty_rows(tables);
  for (const PenaltyTable& table : tables) {
    text += fmt::format("\n**{}**\n\n", summary_line(table));
    const std::string reason = why_no_penalties(table);
    if (!reason.empty()) {
      text += reason + "\n\n";
    }
    if (table.reference_size && !table.classes.empty()) {
      text += render_classes(table) + render_fitted(table);
    }
  }
  return text;
}

}  // namespace tcpstep
