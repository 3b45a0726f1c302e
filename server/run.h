// One run with one client, in a process of its own.
#pragma once

#include <string>

#include "lib/net/channel.h"
#include "lib/sweep/run_description.h"
#include "lib/sweep/sweep_session.h"
#include "server/acceptor.h"
#include "server/log.h"
#include "server/options.h"

namespace tcpstep {

struct RunTask {
  QueuedRun client;
  RunIdentity identity;
  std::string token;                // of its fresh connections
  bool is_quiet_if_failed = false;  // many runs fail: no message and no table of one more
};

// The run of a client whose turn it is: its identity, and what it has not chosen itself.
[[nodiscard]] RunTask task_for(QueuedRun client, const ServerOptions& options,
                               const HostFacts& host);

// Performs the run, logs its end, prints its table and sends a RunReport to `server`, from which
// fresh connections come. True if the run is complete. Throws what keeps the result from being
// written, after a refusal to the client.
bool perform_run(RunTask task, const ServerOptions& options, const HostFacts& host, Channel& server,
                 const OpenOutput& open_output, const Log& log);

}  // namespace tcpstep
