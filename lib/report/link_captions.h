// The text in pictures of links: subtitles, warnings, values to point at.
#pragma once

#include <string>
#include <vector>

#include "lib/report/drawing.h"
#include "lib/report/penalty_table.h"

namespace tcpstep {

// What a picture of some runs needs to stand alone, but for their number.
struct Caption {
  std::string where;    // "192.0.2.1 → 192.0.2.7, MSS 1448, cubic, 2026-11-22 16:41 UTC"
  std::string version;  // "tcpstep 0.1.0"; empty if runs differ in it
  std::vector<Warning> warnings;  // what may have spoiled the numbers
};
[[nodiscard]] Caption caption_of(const LinkRuns& link, const PenaltyTable& table);
// Of runs that are compared: where the first of them were made, the warnings of all.
[[nodiscard]] Caption caption_of(const RunCollection& runs);

// The lines below its title: where, `extent` ("1 run × 20 rounds …") and version; the warnings.
[[nodiscard]] std::vector<std::string> subtitle_of(const Caption& caption,
                                                   const std::string& extent);
[[nodiscard]] std::vector<std::string> subtitle_of(const LinkRuns& link, const PenaltyTable& table);

// The caveats and warnings of a table.
[[nodiscard]] std::vector<Warning> warnings_of(const PenaltyTable& table);
// As many of them as fit on a line, the first with its remedy; empty if there are none.
[[nodiscard]] std::string warning_line(std::vector<Warning> warnings);

// "tcpstep 0.1.0"; empty if runs differ in it.
[[nodiscard]] std::string version_of(const LinkRuns& link);

// The fastest ping of each size, to be pointed at: "1501 bytes: 18.90 µs, +13.2 %, 2 packets, 20
// pings". `is_relative`: the panel shows percent instead of times, of more than one link: "lan,
// 1501 bytes: 18.90 µs, +13.2 %".
void add_spots(Panel& panel, const LinkRuns& link, bool is_relative);

}  // namespace tcpstep
