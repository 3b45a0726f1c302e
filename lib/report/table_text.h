// Penalty tables for a screen of any width.
#pragma once

#include <span>
#include <string>

#include "lib/base/screen_text.h"
#include "lib/report/penalty_table.h"

namespace tcpstep {

// One link: heading, table, warnings. `has_fit` adds the penalties fitted at the boundary.
[[nodiscard]] std::string link_text(const PenaltyTable& table, const Screen& screen, bool has_fit);

// What spoils the numbers of a table, with remedies, each after a "!".
[[nodiscard]] std::string notes_text(const PenaltyTable& table, const Screen& screen);

// Several links: one row each, and their warnings.
[[nodiscard]] std::string overview_text(std::span<const PenaltyTable> tables, const Screen& screen);

}  // namespace tcpstep
