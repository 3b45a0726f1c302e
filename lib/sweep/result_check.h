// Checks result files of another host before they are kept.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/units.h"
#include "lib/runfile/run_header.h"
#include "lib/sweep/run_settings.h"

namespace tcpstep {

// What the result has to agree with.
struct AgreedRun {
  RunHeader facts;  // this end's describe_lost_run()
  RunSettings settings;
  Duration longest{0};  // the run can have taken
};

// Throws WorldError unless `text` is a complete result file of that run: the facts agreed on, the
// columns of this version, rows of its sweep, a trailer, and nothing else. Returns the trailer.
RunTrailer check_result(std::string_view text, const AgreedRun& agreed);

}  // namespace tcpstep
