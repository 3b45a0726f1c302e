// Histories as text for people, Markdown, CSV, JSON, a page, and a picture.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "lib/base/screen_text.h"
#include "lib/compare/history.h"
#include "lib/report/drawing.h"
#include "lib/report/penalty_table.h"

namespace tcpstep {

[[nodiscard]] std::string render_text(std::span<const History> histories,
                                      const Screen& screen = {});
[[nodiscard]] std::string render_markdown(std::span<const History> histories);
// A line for each contrast of each change.
[[nodiscard]] std::string render_csv(std::span<const History> histories);
// {"format": "tcpstep-history/1", "links": [...]}; changes in percent, null where not available.
[[nodiscard]] std::string render_json(std::span<const History> histories);
// A page that needs nothing else. `summary`: what is said of all of them, and then what became
// slower.
[[nodiscard]] std::string render_html(std::span<const History> histories,
                                      const std::vector<std::string>& summary);

// history-<link>: the floor of each class at every point in time, its median between changes, and
// where these are. `history` has columns.
[[nodiscard]] Drawing drawing_of(const History& history);

// What became slower, for people: hosts that most of whose paths did, and the other paths. Empty if
// nothing did.
[[nodiscard]] std::vector<std::string> slower_in_mesh(const std::vector<History>& pairs);

// The verdict as a cell of an overview, and the levels that it comes from.
[[nodiscard]] LinkTrend trend_of(const History& history);

// The verdict in one line: "SLOWER since 2026-03-04T02:00:00Z: floor of all sizes +5.03 % (20.1 ms
// to 21.1 ms)".
[[nodiscard]] std::string headline(const History& history);

// "2026-03-04T02:00:00Z".
[[nodiscard]] std::string utc(std::chrono::sys_time<Duration> time);

}  // namespace tcpstep
