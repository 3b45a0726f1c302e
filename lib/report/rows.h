// What all renderers of penalty tables share: row names and the text of cells.
#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/report/drawing.h"
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

// "+30.2 %", or "n/a"; what rounds to zero has no sign of its own: never "-0.0 %".
[[nodiscard]] std::string percent_cell(const std::optional<Penalty>& penalty);
// The extra time, in the unit of the reference and with no more digits than the RTT it comes from.
[[nodiscard]] std::string extra_cell(const PenaltyTable& table, const Penalty& penalty);
// "22 Nov", in UTC.
[[nodiscard]] std::string short_day(std::chrono::sys_time<Duration> time);
// "97.2 ms" with three digits, "97.21 ms" with four.
[[nodiscard]] std::string time_in(RttUnit unit, Duration time, int digits);
inline constexpr int kShortDigits = 3;
// "97.2 ms", and "+15 %", "±0 %" or "–": enough to compare links.
[[nodiscard]] std::string short_duration(Duration duration);
[[nodiscard]] std::string short_percent(const std::optional<Penalty>& penalty);
// 30.2 of 0.302, with nine decimals: what follows depends on the processor and the compiler.
[[nodiscard]] double in_percent(double share);
// "1401", or "1501–2801".
[[nodiscard]] std::string sizes_cell(const Penalty& penalty);

// A table of one link: title and rows, each with as many cells. `text` goes below the table.
struct CellTable {
  std::string added_to = {};  // of class_cells(): what its last two columns are relative to
  std::vector<std::string> title;
  std::vector<std::vector<std::string>> rows;
  std::string text;
};
// A row for the smallest size, for the full packet, for every further class; one row if all sizes
// are in one class; without an MSS the smallest and the largest size. Empty if there are no
// samples.
[[nodiscard]] CellTable class_cells(const PenaltyTable& table);
// The penalties that were fitted, or only why there are none. Empty without classes.
[[nodiscard]] CellTable fitted_cells(const PenaltyTable& table);

// Of several links, for each the cells: name, runs, fastest, median and p99 of its smallest size,
// what a full packet, a second and a fourth one add, the last day, what has changed. All times are
// in the unit of the largest.
[[nodiscard]] std::vector<std::vector<std::string>> overview_rows(
    std::span<const PenaltyTable> tables);
// Whether the changes of any of them are known.
[[nodiscard]] bool has_trends(std::span<const PenaltyTable> tables);
// Whether the smallest size of all of them is 1 byte.
[[nodiscard]] bool is_of_one_byte(std::span<const PenaltyTable> tables);

// "6 links, 77 runs, 2026-11-20 to 2026-11-26".
[[nodiscard]] std::string extent(std::span<const PenaltyTable> tables);

// Reasons to distrust a table, one phrase each.
[[nodiscard]] std::vector<std::string> caveats(const PenaltyTable& table);
// All to be said below a table: whose runs were pooled, these reasons, what spoils the numbers.
[[nodiscard]] std::vector<Warning> notes_of(const PenaltyTable& table);
// That of several links, each once, after the links that it is about.
[[nodiscard]] std::vector<Warning> shared_notes(std::span<const PenaltyTable> tables);
// The caveats, each preceded by ", ", for the end of a line.
[[nodiscard]] std::string joined_caveats(const PenaltyTable& table);

// "lan: 192.0.2.1 → 192.0.2.7, MSS 1448, cubic, 2026-11-22 16:41 UTC".
[[nodiscard]] std::string heading(const PenaltyTable& table);
// "5 runs × 20 rounds × 100 sizes, 0 lost", and what was left out.
[[nodiscard]] std::string extent(const PenaltyTable& table);

// "On this link a second packet costs 13 %, a fourth 35 %.", or why nothing can be said.
[[nodiscard]] std::string in_a_sentence(const PenaltyTable& table);

// "veth: MSS 1448, 1 run, 2000 samples, 0 lost, min", and the caveats.
[[nodiscard]] std::string summary_line(const PenaltyTable& table);

}  // namespace tcpstep
