// Penalty tables as text for people, Markdown, CSV, JSON and a page.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "lib/base/screen_text.h"
#include "lib/report/link_runs.h"
#include "lib/report/penalty_table.h"

namespace tcpstep {

struct TextOptions {
  Screen screen = {};
  bool has_fit = false;      // also the penalties fitted at the boundary
  bool has_details = false;  // of several links, also the table of each
};

// What spoils the numbers of a table, with remedies, each after a "!".
[[nodiscard]] std::string notes_text(const PenaltyTable& table, const Screen& screen);
// "  ! ..." and the remedy of each.
[[nodiscard]] std::string warnings_text(std::span<const Warning> warnings, const Screen& screen);

// One link: a row for each number of packets. Several links: a row for each of them.
[[nodiscard]] std::string render_text(std::span<const PenaltyTable> tables,
                                      const TextOptions& options = {});
// Links side by side in the three rows of 2014, then the packets of each link.
[[nodiscard]] std::string render_markdown(std::span<const PenaltyTable> tables,
                                          bool has_fit = false);

// A list, after an empty line; empty if there are none.
[[nodiscard]] std::string render_warnings(std::span<const Warning> warnings);

// One line per row of every table, each with the facts by which to trust it; times in ns, shares in
// percent, empty where not available.
[[nodiscard]] std::string render_csv(std::span<const PenaltyTable> tables);

// For a cell of CSV: "segments_merged virtual_machine".
[[nodiscard]] std::string warning_keys(std::span<const Warning> warnings);

// {"format": "tcpstep-report/1", "links": [...]}; null where not available.
[[nodiscard]] std::string render_json(std::span<const PenaltyTable> tables);

// One page that needs nothing else: no network, no script, no other file. `tables` are those of
// `links`, in the same order. Everything from outside is escaped.
[[nodiscard]] std::string render_html(std::span<const LinkRuns> links,
                                      std::span<const PenaltyTable> tables);

// The style sheet of that page, which pictures need wherever they are.
[[nodiscard]] std::string_view page_style();

}  // namespace tcpstep
