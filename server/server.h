// The server: one loop that sleeps until something happens, and a process for each run.
#pragma once

#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "lib/base/file.h"
#include "lib/host/doctor.h"
#include "lib/host/lease.h"
#include "lib/host/scheduling.h"
#include "lib/net/channel.h"
#include "lib/net/poller.h"
#include "lib/protocol/authentication.h"
#include "lib/runfile/output_file.h"
#include "server/acceptor.h"
#include "server/log.h"
#include "server/metrics.h"
#include "server/options.h"
#include "server/results_folder.h"
#include "server/run.h"
#include "server/run_process.h"
#include "server/web_site.h"

namespace tcpstep {

class Server {
 public:
  // Throws what keeps it from serving: an invalid secret, a folder that cannot be written.
  explicit Server(ServerOptions options);

  // Until a signal ends it, or the one client has gone. The exit status.
  int serve();

 private:
  using Time = std::chrono::steady_clock::time_point;

  void wait_and_handle(Acceptor& acceptor, const sigset_t& mask);
  void start_runs(Acceptor& acceptor);
  void start(QueuedRun client, Acceptor& acceptor);
  void launch(RunTask& task, Acceptor& acceptor);
  [[noreturn]] void run_in_child(RunTask task, Channel channel, Acceptor& acceptor);
  void receive_report(RunProcess& run, Acceptor& acceptor);
  void finish(RunProcess& run, Acceptor& acceptor);
  void stop_overdue_runs(const Acceptor& acceptor);
  void stop_all_runs();
  int stop(Acceptor& acceptor, const sigset_t& mask);
  bool hand_over(const std::string& token, const TcpConnection& connection);
  void log_state(const Acceptor& acceptor);
  void write_metrics(const Acceptor& acceptor, bool is_last);
  [[nodiscard]] std::optional<Duration> time_to_next_deadline(const Acceptor& acceptor) const;
  [[nodiscard]] std::filesystem::path folder_of_results() const;
  [[nodiscard]] std::optional<Time> expected_end(const Acceptor& acceptor) const;
  OutputFile open_output(const RunSettings& settings);

  ServerOptions options_;
  Log log_;
  Metrics metrics_;
  MetricsFile metrics_file_;
  std::optional<Lease> lease_;
  std::optional<Secret> secret_;
  HostFacts host_;
  std::optional<KeptOff> kept_off_;           // the processor of the runs
  std::optional<TemporaryFolder> temporary_;  // of a result for standard output
  std::optional<OutputFile> output_;
  std::optional<ResultsFolder> results_;  // unless there is an output
  WebOffer web_offer_;
  std::optional<WebSite> web_site_;
  Poller poller_;
  std::map<std::uint64_t, RunProcess> runs_;  // by key
  std::uint64_t next_key_ = Acceptor::kFirstForeignKey;
  std::optional<bool> one_off_result_;
  std::set<std::string> warned_;  // keys of the warnings that were logged
  sigset_t mask_before_{};
};

}  // namespace tcpstep
