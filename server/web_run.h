// One run with a browser, in the process of the run.
#pragma once

#include "lib/host/doctor.h"
#include "lib/net/tcp_connection.h"
#include "lib/sweep/run_settings.h"
#include "lib/sweep/sweep_session.h"

namespace tcpstep {

struct BrowserRun {
  TcpConnection& connection;  // its WebSocket
  const RunSettings& settings;
  const RunIdentity& identity;
  const HostFacts& host;
  const OpenOutput& open_output;
  bool is_kept;  // the file stays here under its name
};

// Measures how fast the browser's host is without it, then the sweep, and sends the table. Throws
// what keeps the result from being written, after telling the browser.
[[nodiscard]] RunOutcome measure_browser(const BrowserRun& run);

}  // namespace tcpstep
