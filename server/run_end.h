// What is said about a run at its end: to the server's process, the log and standard output.
#pragma once

#include <string>

#include "lib/net/channel.h"
#include "lib/sweep/sweep_session.h"
#include "server/log.h"
#include "server/options.h"

namespace tcpstep {

struct EndedRun {
  const RunSettings& settings;
  const std::string& run_id;
  const std::string& peer;
  const ServerOptions& options;
  const Log& log;
  Channel& server;  // gets a RunReport
  bool is_quiet_if_failed;
};

// What went wrong, for the log; empty after a run that is whole, or that this server has ended.
[[nodiscard]] std::string fault_of(const RunOutcome& outcome, Duration timeout);

// Logs a run and prints its table; what went wrong with it is left to the server's process.
void report_outcome(const RunOutcome& outcome, const EndedRun& run);

}  // namespace tcpstep
