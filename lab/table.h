// tcpstep-lab table: the penalty table of 2014, measured again on emulated links.
#pragma once

#include <span>
#include <string>

#include "lab/options.h"
#include "lab/profile.h"
#include "lib/report/penalty_table.h"

namespace tcpstep {

// One measured link beside what was found in 2014.
struct TableColumn {
  Profile profile;
  PenaltyTable minima;
  PenaltyTable means;
};

enum class TableFormat : std::uint8_t { Text, Markdown };

// Each cell is "measured (2014, difference)", in percent and points.
[[nodiscard]] std::string render_table(std::span<const TableColumn> columns, TableFormat format);

// Measures all links into options.results, draws their plots, writes table.md there, and prints
// the table.
int make_table(const TableOptions& options);

}  // namespace tcpstep
