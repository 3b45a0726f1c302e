// One run with the server, in the protocol that it speaks.
#pragma once

#include "client/options.h"
#include "lib/protocol/authentication.h"
#include "lib/sweep/run_description.h"

namespace tcpstep {

// Connects, takes part in one run, prints and writes its result. Throws WorldError if the run did
// not complete; what there is of it has been written then.
void perform_run(const ClientOptions& options, MeasuredDirection direction, const HostFacts& host,
                 const Secret* secret);

}  // namespace tcpstep
