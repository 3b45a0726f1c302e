// tcpstep-lab table: the penalty table of 2014, measured again on emulated links.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "lab/options.h"
#include "lab/reference_2014.h"
#include "lib/base/screen_text.h"
#include "lib/report/penalty_table.h"

namespace tcpstep {

// The payload sizes around the lowest mean RTT whose means are within 2 % of it.
struct SweetSpot {
  PayloadSize smallest;
  PayloadSize largest;
};

// One measured link beside what was found in 2014.
struct TableColumn {
  Reference2014 reference;
  PenaltyTable minima;
  PenaltyTable means;
  std::optional<SweetSpot> sweet_spot;
  bool is_faithful = true;
};

[[nodiscard]] TableColumn table_column(const LinkRuns& runs, const Reference2014& reference);

// Markdown that reads as text, too. Each cell is "measured (2014, difference)", in percent.
[[nodiscard]] std::string render_table(std::span<const TableColumn> columns);

// The same as text for a screen: a row for each link, each cell "measured (2014)".
[[nodiscard]] std::string table_text(std::span<const TableColumn> columns, const Screen& screen);

// Measures all links into options.results, draws their plots, writes table.md there, and prints
// its text. The status is 1 if a link could not be measured faithfully.
int make_table(const TableOptions& options);

}  // namespace tcpstep
