// The report as one page that needs nothing else: no network, no script, no other file.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "lib/report/link_runs.h"
#include "lib/report/penalty_table.h"

namespace tcpstep {

// `tables` are those of `links`, in the same order. Everything from outside is escaped.
[[nodiscard]] std::string render_html(std::span<const LinkRuns> links,
                                      std::span<const PenaltyTable> tables);

// Text as content of an HTML element or of a quoted attribute.
[[nodiscard]] std::string html_escaped(std::string_view text);

}  // namespace tcpstep
