// One run with one client, in a process of its own; what its directions and protocols share.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "lib/net/channel.h"
#include "lib/sweep/frame_stream.h"
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

// --- Within the run ---

struct ServedRun {
  TcpConnection& client;
  const std::optional<Request>& request;  // nothing from a classic client
  const std::optional<Sample>& opening;   // nothing from a browser
  const RunSettings& settings;
  const RunIdentity& identity;
  const std::string& token;
  const ServerOptions& options;
  const HostFacts& host;
  Channel& server;
  const OpenOutput& open_output;
  std::string peer;
  std::chrono::steady_clock::time_point begin = std::chrono::steady_clock::now();

  [[nodiscard]] bool is_fresh() const { return settings.sweep.connection == ConnectionMode::Fresh; }
};

// The client measures: sends the acks, keeps the result.
[[nodiscard]] RunOutcome ack_up(const ServedRun& run);

// With a browser: measures how fast its host is without it, then the sweep, and sends the table.
// Throws what keeps the result from being written, after telling the browser.
[[nodiscard]] RunOutcome measure_browser(const ServedRun& run);

// Sends `accept`. Ok once the client is ready.
[[nodiscard]] PingStatus accept_run(const ServedRun& run, FrameStream& frames, std::uint64_t pings);

// So that the client need not guess why nothing more comes.
void send_refusal(const ServedRun& run, const Refuse& refusal);

// Closes the fresh connections that the server's process hands over, until the client's first
// connection has something to read, or for `limit`.
void close_fresh_connections(const ServedRun& run, Duration limit);

// Under which the server keeps a result; empty if it does not.
[[nodiscard]] std::string name_for_client(const ServedRun& run, const std::filesystem::path& file);

// Of a run that ended before there was anything to write.
[[nodiscard]] RunOutcome outcome_without_file(const ServedRun& run, PingStatus status);

}  // namespace tcpstep
