// A small picture of a link for a terminal.
#pragma once

#include <string>

#include "lib/base/screen_text.h"
#include "lib/report/link_runs.h"

namespace tcpstep {

// The fastest ping over the payload size, eight lines high, with the boundaries below. Empty where
// there is not enough to draw or no room for it.
[[nodiscard]] std::string terminal_plot(const LinkRuns& link, const Screen& screen);

}  // namespace tcpstep
