// Penalty tables as text for people, Markdown, CSV, JSON and a page; a run as text, a link as a
// small picture.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/screen_text.h"
#include "lib/report/penalty_table.h"
#include "lib/runfile/run.h"

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
// The same as Markdown, which has no screen.
[[nodiscard]] std::string render_markdown(std::span<const PenaltyTable> tables,
                                          const TextOptions& options = {});

// A list, after an empty line; empty if there are none.
[[nodiscard]] std::string render_warnings(std::span<const Warning> warnings);

// One line per row of every table, each with the facts by which to trust it; times in ns, shares in
// percent, empty where not available.
[[nodiscard]] std::string render_csv(std::span<const PenaltyTable> tables);

// A cell of CSV, escaped: "segments_merged virtual_machine".
[[nodiscard]] std::string warning_keys(std::span<const Warning> warnings);

// {"format": "tcpstep-report/1", "links": [...]}; null where not available.
[[nodiscard]] std::string render_json(std::span<const PenaltyTable> tables);

// One page that needs nothing else: no network, no script, no other file. `tables` are those of
// `links`, in the same order. Everything from outside is escaped.
[[nodiscard]] std::string render_html(std::span<const LinkRuns> links,
                                      std::span<const PenaltyTable> tables);

// The style sheet of that page, which pictures need wherever they are.
[[nodiscard]] std::string_view page_style();

// The frame of all pages, in the colors of the reader's screen: one file that runs no script and
// loads nothing. `title` is escaped; `style` is added to the style sheet, `body` is HTML.
[[nodiscard]] std::string html_page(std::string_view title, std::string_view style,
                                    std::string_view body);

// --- One run, one link ---

// What one run is, for people: hosts, date, sweep, settings asked for and in effect, losses, the
// pings of the smallest size, warnings, and what to do next. Text from the file is escaped and cut.
[[nodiscard]] std::string run_text(const Run& run, const Screen& screen);

// A small picture of a link for a terminal: the fastest ping over the payload size, eight lines
// high, with the boundaries below. Empty where there is not enough to draw or no room for it.
[[nodiscard]] std::string terminal_plot(const LinkRuns& link, const Screen& screen);

}  // namespace tcpstep
