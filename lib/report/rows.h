// What all renderers of penalty tables share: row names and the text of cells.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/text.h"
#include "lib/report/penalty_table.h"

namespace tcpstep {

// The three rows of 2014.
struct PenaltyRow {
  std::string_view key;
  std::string_view words;
  std::optional<Penalty> PenaltyTable::*penalty;
};

inline constexpr std::array<PenaltyRow, 3> kPenaltyRows{{
    {"filling", "for filling the packet", &PenaltyTable::filling},
    {"second", "for a second packet", &PenaltyTable::second},
    {"fourth", "for a fourth packet", &PenaltyTable::fourth},
}};

[[nodiscard]] constexpr std::string_view word(RttClock clock) {
  return clock == RttClock::Kernel ? "kernel" : "application";
}

// What the penalties of these rows are relative to.
[[nodiscard]] inline std::string_view penalty_rows_title(std::span<const PenaltyTable> tables) {
  const bool is_one_byte = std::ranges::all_of(tables, [](const PenaltyTable& table) {
    return table.reference_size.value_or(PayloadSize(1)) == PayloadSize(1);
  });
  return is_one_byte ? "penalty relative to 1 byte" : "penalty relative to the smallest size";
}

// "+1.2 %"; what rounds to zero has no sign of its own: never "-0.0 %".
[[nodiscard]] inline std::string signed_percent(double share) {
  return fmt::format("{:+.1f} %", std::abs(share) < 0.0005 ? 0 : share * 100);
}

[[nodiscard]] inline std::string percent_cell(const std::optional<Penalty>& penalty) {
  return penalty ? signed_percent(penalty->share) : "n/a";
}

// The cells of one class's penalty; empty where there is nothing to compare.
[[nodiscard]] inline std::array<std::string, 2> class_cells(const PenaltyTable& table,
                                                            const SegmentClass& row) {
  if (!why_no_penalties(table).empty()) {
    return {};
  }
  return {format_difference(row.penalty.extra, table.reference_rtt), percent_cell(row.penalty)};
}

[[nodiscard]] inline std::string sizes_cell(const Penalty& penalty) {
  return penalty.smallest == penalty.largest
             ? fmt::format("{}", penalty.smallest.bytes())
             : fmt::format("{}–{}", penalty.smallest.bytes(), penalty.largest.bytes());
}

// One line of fitted penalties: the row's name, at which size, the penalty, its interval.
[[nodiscard]] inline std::vector<std::array<std::string, 4>> fitted_cells(
    const PenaltyTable& table) {
  std::vector<std::array<std::string, 4>> rows;
  for (std::size_t i = 0; i < kPenaltyRows.size(); ++i) {
    if (const auto& row = table.fitted.rows[i]) {
      rows.push_back(
          {std::string(kPenaltyRows[i].words), fmt::format("{}", row->size.bytes()),
           row->includes_zero() ? "~" : signed_percent(row->share),
           row->low ? fmt::format("{:+.1f} to {:+.1f} %", *row->low * 100, *row->high * 100) : ""});
    }
  }
  return rows;
}

// How the fitted penalties were made and how certain they are.
[[nodiscard]] inline std::string fitted_remark(const PenaltyTable& table) {
  const FittedPenalties& fitted = table.fitted;
  std::string text = fmt::format(
      "fitted: 2 x(1) - x(2) of each size, one slope, one step per class; {}",
      fitted.runs >= kFewestRunsForInterval
          ? fmt::format("95 % intervals over {}", count_of(fitted.runs, "run"))
      : fitted.runs == 1 ? std::string("within-run only: another run may differ by more")
                         : fmt::format("no interval: {}, at least {} are needed",
                                       count_of(fitted.runs, "run"), kFewestRunsForInterval));
  if (fitted.is_line_off) {
    text += fmt::format("; the line does not hold at 1 byte: fitted {}, measured {}",
                        format_duration(Duration(std::llround(fitted.fitted_one_byte_ns))),
                        format_duration(Duration(std::llround(fitted.measured_one_byte_ns))));
  }
  return text;
}

// Reasons to distrust a table, each preceded by ", "; empty if there are none.
[[nodiscard]] inline std::string caveats(const PenaltyTable& table) {
  std::string text;
  if (table.reference_size && table.fewest_samples < table.statistic.samples_needed()) {
    text += fmt::format(", {} needs {} samples per size, has {}", table.statistic.name(),
                        table.statistic.samples_needed(), table.fewest_samples);
  }
  if (!table.differing.empty()) {
    text += fmt::format(", runs differ in {}", fmt::join(table.differing, " "));
  }
  if (const double above = reference_excess(table); above > 0.02) {
    text += fmt::format(
        ", the reference is {:.1f} % above its class: penalties are too small (try --order "
        "shuffled)",
        above * 100);
  }
  if (table.moved_runs > 0) {
    text += fmt::format(", the MSS changed during {}: boundaries are those of the first MSS",
                        count_of(table.moved_runs, "run"));
  }
  if (table.partial_runs > 0) {
    text += table.partial_runs == table.runs
                ? ", partial"
                : fmt::format(", {} of {} runs partial", table.partial_runs, table.runs);
  }
  return text;
}

// "veth: MSS 1448, 1 run, 2000 samples, 0 lost, min"
[[nodiscard]] inline std::string summary_line(const PenaltyTable& table) {
  std::string line =
      fmt::format("{}: {}, {}, {}, {} lost, {}", table.link,
                  table.mss ? fmt::format("MSS {}", table.mss->bytes()) : "MSS unknown",
                  count_of(table.runs, "run"), count_of(table.samples, "sample"), table.lost,
                  table.statistic.name());
  if (table.relative_error > 0) {
    line += fmt::format(" of each size within {:.1f} %", table.relative_error * 100);
  }
  if (const std::string left_out = table.resent.text(); !left_out.empty()) {
    line += ", " + left_out;
  }
  if (table.clock == RttClock::Kernel) {
    line += fmt::format(", kernel clock, {} without kernel timestamps left out", table.unstamped);
  }
  return line + caveats(table);
}

}  // namespace tcpstep
