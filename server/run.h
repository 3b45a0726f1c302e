// One run with one client, in a process of its own.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "lib/net/channel.h"
#include "lib/sweep/frame_stream.h"
#include "lib/sweep/run_description.h"
#include "lib/sweep/sweep_session.h"
#include "server/log.h"
#include "server/metrics.h"
#include "server/options.h"
#include "server/reception.h"

namespace tcpstep {

// What the run's process tells the server at its end.
struct RunReport {
  std::string status;
  std::string link;
  ClassMinima minima;
};
[[nodiscard]] std::string to_message(const RunReport& report);
[[nodiscard]] RunReport report_in(std::string_view message);

struct RunTask {
  Candidate candidate;
  RunIdentity identity;
  std::string token;  // of its fresh connections
};

class ServerRun {
 public:
  // Fresh connections come through `server`. The references must outlive this.
  ServerRun(RunTask task, const ServerOptions& options, const HostFacts& host, Channel& server,
            OpenOutput open_output, const Log& log);

  // True if the run is complete. Says what came of it; throws what keeps it from being written.
  bool perform();

 private:
  RunOutcome measure();
  RunOutcome measure_classic();
  RunOutcome measure_down();
  RunOutcome answer_up();
  PingStatus answer_warm(std::string& rest);
  PingStatus answer_fresh();
  void refuse(const Refuse& words);
  RunOutcome take_result(FrameStream& frames);
  [[nodiscard]] RunHeader describe_lost() const;
  RunOutcome mark_lost(std::string_view status);
  [[nodiscard]] Accept accept_message(const SweepSession* session) const;
  // Empty if the client is ready, otherwise why there is no run.
  [[nodiscard]] std::string wait_until_ready(FrameStream& frames, const Accept& accept);
  void send_result(FrameStream& frames, const RunOutcome& outcome);
  void report(const RunOutcome& outcome);

  RunTask task_;
  const ServerOptions& options_;
  const HostFacts& host_;
  Channel& server_;
  OpenOutput open_output_;
  const Log& log_;
  TcpConnection& client_;
  RunSettings& settings_;
  std::string peer_;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

}  // namespace tcpstep
