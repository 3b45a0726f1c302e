// Result files that come from another host, before they touch the disk.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/units.h"
#include "lib/runfile/run_header.h"
#include "lib/sweep/run_settings.h"

namespace tcpstep {

// What a result of another host must agree with.
struct AgreedRun {
  RunHeader facts;  // of describe_lost_run(), by this end
  RunSettings settings;
  Duration longest{0};  // that the run can have taken
};

// Throws WorldError if `text` is anything but a whole result file of that run: the facts that were
// agreed on, the columns that we write, rows of its sweep, a trailer, and nothing else that later
// readers could stumble over. Returns the trailer.
RunTrailer check_result(std::string_view text, const AgreedRun& agreed);

}  // namespace tcpstep
