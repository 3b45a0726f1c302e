// The server: one loop that sleeps until somebody wants something, and a process for each run.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "lib/net/channel.h"
#include "lib/net/poller.h"
#include "lib/protocol/authentication.h"
#include "lib/runfile/output_file.h"
#include "server/log.h"
#include "server/metrics.h"
#include "server/options.h"
#include "server/reception.h"
#include "server/run.h"

namespace tcpstep {

class Server {
 public:
  // Throws what keeps it from serving: a bad secret, a folder that cannot be written.
  explicit Server(ServerOptions options);

  // Until a signal ends it, or the one client has gone. The exit status.
  int serve();

 private:
  using Time = std::chrono::steady_clock::time_point;

  // A process that measures.
  struct Run {
    pid_t process;
    Channel channel;
    std::uint64_t client;
    std::string peer;
    std::string link;
    std::string token;
    Time started;
    Time deadline;  // when it is told to end, and after that when it is ended
    bool is_told = false;
    bool is_over = false;
    std::optional<RunReport> report;
  };

  void check_results_directory() const;
  void make_room_for_descriptors() const;
  [[nodiscard]] Listener listen() const;
  void turn(Reception& reception, const sigset_t& mask);
  void start_runs(Reception& reception);
  void start(Candidate candidate, Reception& reception);
  [[noreturn]] void become_run(RunTask task, Channel channel, Reception& reception);
  void hear(Run& run);
  void end(Run& run);
  void end_runs_that_take_too_long();
  void tell_runs_to_end();
  int stop(Reception& reception, const sigset_t& mask);
  bool hand_over(const std::string& token, const TcpConnection& connection);
  void say_state(const Reception& reception);
  void write_metrics(const Reception& reception, bool is_last);
  [[nodiscard]] std::optional<Duration> time_to_next_deadline(const Reception& reception) const;
  OutputFile open_output(const RunSettings& settings);

  ServerOptions options_;
  Log log_;
  Metrics metrics_;
  std::optional<Secret> secret_;
  HostFacts host_;
  std::optional<OutputFile> output_;
  Poller poller_;
  std::map<std::uint64_t, Run> runs_;  // by key
  std::uint64_t next_key_ = Reception::kFirstForeignKey;
  std::optional<bool> one_off_result_;
  sigset_t mask_before_{};
  bool is_metrics_file_stale_ = true;
  Time metrics_written_{};
};

}  // namespace tcpstep
