// One run with the server, in the protocol that it speaks; what both directions of a run share.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "client/options.h"
#include "client/outcome.h"
#include "lib/net/tcp_connection.h"
#include "lib/protocol/authentication.h"
#include "lib/sweep/black_hole.h"
#include "lib/sweep/run_description.h"
#include "lib/sweep/run_settings.h"

namespace tcpstep {

// Connects, takes part in one run, prints and writes its result. Throws WorldError if the run did
// not complete; what there is of it has been written then.
void perform_run(const ClientOptions& options, MeasuredDirection direction, const HostFacts& host,
                 const Secret* secret);

// A run that the server has accepted.
struct NegotiatedRun {
  using Clock = std::chrono::steady_clock;

  const ClientOptions& options;
  const HostFacts& host;
  const Secret* secret;
  TcpConnection& server;
  ResultOutput& output;
  std::string token;
  std::uint64_t pings;  // of a run that the server measures
  RunSettings settings;
  RunIdentity identity;
  Clock::time_point begin;

  [[nodiscard]] Duration elapsed() const { return Clock::now() - begin; }
  [[nodiscard]] bool is_fresh() const { return settings.sweep.connection == ConnectionMode::Fresh; }
};

// A run that broke off leaves a file with its status, and where its samples are. Returns what is in
// the file, also if the user wants none.
std::string write_lost_run(const NegotiatedRun& run, std::string_view status,
                           const std::optional<BlackHole>& hole = std::nullopt);

// Prints under which name the server keeps the result, if it said so.
void report_kept(const NegotiatedRun& run, const std::string& file);

// Of what was thrown on the way: a stop signal, or a failure.
[[nodiscard]] PingStatus status_of_exception();

// Sends `ready`. Returns what the server has sent already.
[[nodiscard]] std::string send_ready(const NegotiatedRun& run, const std::string& received);

// The server measures, this end sends the acks and receives the result. `received` came after
// accept.
void take_part_down(const NegotiatedRun& run, const std::string& received);
// This end measures, the server sends the acks and keeps the result.
void take_part_up(const NegotiatedRun& run, const std::string& received);

}  // namespace tcpstep
