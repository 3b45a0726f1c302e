// tcpstep-analyze ab: makes the interleaved runs that a comparison needs, and compares them.
#pragma once

#include "analysis/ab_options.h"

namespace tcpstep {

// Launches the commands alternately until each has made its runs, or until the verdict is known;
// prints the comparison. Returns its exit status. Throws WorldError if a launch fails: the runs
// made so far are kept, and --resume continues.
int run_ab(const AbOptions& options);

}  // namespace tcpstep
