// Result files that come from another host, before they touch the disk.
#pragma once

#include <string>
#include <string_view>

#include "lib/session/run_settings.h"

namespace tcpstep {

// Throws WorldError if `text` is anything but a whole result file of that run: its facts, the
// columns that we write, rows, a trailer, and nothing else that later readers could stumble over.
void check_result(std::string_view text, const RunIdentity& identity, const RunSettings& settings);

}  // namespace tcpstep
