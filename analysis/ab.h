// tcpstep-analyze ab: the interleaved runs that a comparison needs.
#pragma once

#include "analysis/ab_options.h"

namespace tcpstep {

// Launches the commands in turn until each has made its runs; the exit status. Throws WorldError if
// a launch fails: what is done stays, and can be resumed.
int run_ab(const AbOptions& options);

}  // namespace tcpstep
