// One tournament from its start to its end, or from where it was interrupted.
#pragma once

#include "mesh/options.h"

namespace tcpstep {

// Measures every pair. Results and index are in `options.results`; what failed is in the index with
// its reason. Returns the exit status: 1 if anything failed. Throws WorldError if another mesh uses
// the folder or if it cannot be written, UsageError if there is nothing to resume.
int run_mesh(const MeshOptions& options);

}  // namespace tcpstep
