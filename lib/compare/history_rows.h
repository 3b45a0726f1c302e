// What the renderers of histories share: the text of lines and cells.
#pragma once

#include <array>
#include <span>
#include <string>
#include <vector>

#include "lib/base/warning_table.h"
#include "lib/compare/history.h"

namespace tcpstep {

// since, family, segments, change, 95 % interval, adjusted p, finding.
using ChangeCells = std::array<std::string, 7>;
inline constexpr std::array kChangeTitles{"since",         "family",     "segments", "change",
                                          "95 % interval", "adjusted p", ""};

// One row for each link: what became of it, and the times before and after.
using OverviewCells = std::array<std::string, 7>;
inline constexpr std::array kOverviewTitles{"link",   "verdict",       "before", "now",
                                            "change", "95 % interval", "runs"};
// Times in the unit of the largest one.
[[nodiscard]] std::vector<OverviewCells> overview_rows(std::span<const History> histories);

// The contrasts of all changes in which something changed, and the floor of all sizes.
[[nodiscard]] std::vector<ChangeCells> change_rows(const History& history);

// When the level changed: "2026-03-04", or "4 Mar 02:00" in a history of a few days; in UTC.
[[nodiscard]] std::string when(const History& history, const HistoryChange& change);

// The main finding of a change: "floor of 2 segments +28.83 %".
[[nodiscard]] std::string main_finding(const HistoryChange& change);

// The link and what became of it: "lan: SLOWER since ...".
[[nodiscard]] std::string finding(const History& history);

// Whether the newest points, too few to count as a change, are the finding.
[[nodiscard]] bool is_unconfirmed(const History& history);

// Whether there is more to say than its row of the overview does.
[[nodiscard]] bool needs_details(const History& history);

// "60 runs on 20 days, 20 rounds, 100 sizes".
[[nodiscard]] std::string extent(const History& history);

// "60 runs, 2026-01-01 to 2026-03-01, 20 rounds, 100 sizes, MSS 1448".
[[nodiscard]] std::string subject_line(const History& history);

// Each warning once, after the links that it is about: "lan, wifi: Packets are merged …"; of
// one link without its name.
[[nodiscard]] std::vector<Warning> shared_warnings(std::span<const History> histories);

// The lines below the verdict: reasons, remedy, environment, notes.
[[nodiscard]] std::vector<std::string> remarks(const History& history);

}  // namespace tcpstep
