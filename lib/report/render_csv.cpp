#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lib/base/escape.h"
#include "lib/report/render.h"
#include "lib/report/rows.h"

namespace tcpstep {
namespace {

// What every line begins with.
std::string begin(const PenaltyTable& table, std::string_view statistic) {
  const std::string mss = table.mss ? fmt::format("{}", table.mss->bytes()) : "";
  return fmt::format(
      "{},{},{},{},{},{},{},{},{}", csv_escaped(table.link), mss, to_word(table.clock), statistic,
      table.runs, table.partial_runs, table.moved_runs,
      csv_escaped(fmt::format("{}", fmt::join(table.differing, " "))), table.samples);
}

// `row` is reference, filling, second, fourth, largest, or class with its number of segments.
std::string line(const PenaltyTable& table, std::string_view row, std::string_view segments,
                 const std::optional<Penalty>& penalty, bool is_comparable = true) {
  const std::string rtt = penalty ? fmt::format("{},{},{}", penalty->smallest.bytes(),
                                                penalty->largest.bytes(), penalty->rtt.count())
                                  : ",,";
  const std::string extra =
      penalty && is_comparable
          ? fmt::format("{},{:.4f},,", penalty->extra.count(), penalty->share * 100)
          : ",,,";
  return fmt::format("{},{},{},{},{},{}\n", begin(table, table.statistic.name()), row, segments,
                     rtt, extra, warning_keys(table.warnings));
}

// The same row at the boundary itself, with its interval over runs.
std::string fitted_line(const PenaltyTable& table, std::string_view row,
                        const FittedPenalty& penalty) {
  const std::string interval =
      penalty.low ? fmt::format("{:.4f},{:.4f}", *penalty.low * 100, *penalty.high * 100) : ",";
  const std::uint32_t bytes = penalty.size.bytes();
  return fmt::format("{},fitted_{},,{},{},,,{:.4f},{},{}\n", begin(table, "endpoint"), row, bytes,
                     bytes, penalty.share * 100, interval, warning_keys(table.warnings));
}

}  // namespace

std::string warning_keys(std::span<const Warning> warnings) {
  std::string keys;
  for (const Warning& warning : warnings) {
    keys += (keys.empty() ? "" : " ") + warning.key;
  }
  return csv_escaped(keys);
}

std::string render_csv(std::span<const PenaltyTable> tables) {
  std::string text =
      "link,mss_bytes,clock,statistic,runs,partial_runs,moved_runs,differing,samples,row,segments,"
      "smallest_bytes,largest_bytes,rtt_ns,penalty_ns,penalty_percent,low_percent,"
      "high_percent,warnings\n";
  for (const PenaltyTable& table : tables) {
    if (table.reference_size) {
      const Penalty reference{.smallest = *table.reference_size,
                              .largest = *table.reference_size,
                              .rtt = table.reference_rtt,
                              .extra = Duration::zero(),
                              .share = 0};
      text += line(table, "reference", "", reference);
    }
    for (const PenaltyRow& row : kPenaltyRows) {
      text += line(table, row.key, "", table.*row.penalty);
    }
    for (std::size_t i = 0; i < kPenaltyRows.size(); ++i) {
      if (const auto& row = table.fitted.rows[i]) {
        text += fitted_line(table, kPenaltyRows[i].key, *row);
      }
    }
    if (table.largest) {
      text += line(table, "largest", "", table.largest);
    }
    const bool is_comparable = why_no_penalties(table).empty();
    for (const SegmentClass& row : table.classes) {
      text += line(table, "class", fmt::format("{}", row.segments), row.penalty, is_comparable);
    }
  }
  return text;
}

}  // namespace tcpstep
