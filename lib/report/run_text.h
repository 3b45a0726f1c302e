// What one run is, for people: the answer to "what did I measure here?"
#pragma once

#include <string>

#include "lib/base/screen_text.h"
#include "lib/runfile/run.h"

namespace tcpstep {

// Hosts, date, sweep, settings asked for and in effect, losses, the pings of the smallest size,
// warnings, and what to do next. Text from the file is escaped and cut.
[[nodiscard]] std::string run_text(const Run& run, const Screen& screen);

}  // namespace tcpstep
