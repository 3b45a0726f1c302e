// tcpstep-analyze ab: makes the interleaved runs that a comparison needs, and compares them.
#pragma once

#include "analysis/ab_options.h"

namespace tcpstep {

// Launches the commands in turn until each has made its runs, until the verdict is known, or until
// the time is up; prints the comparison. Returns its exit status. A launch that fails is repeated
// once; if it fails again, its block is left out and another one added. Throws WorldError if
// launches fail from the start or in two blocks in a row: the runs are kept, and --resume
// continues.
int run_ab(const AbOptions& options);

}  // namespace tcpstep
