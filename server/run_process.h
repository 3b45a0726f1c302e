// The process of a run, as the server's process sees it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "lib/net/channel.h"
#include "lib/sweep/run_settings.h"
#include "server/run_report.h"

namespace tcpstep {

struct RunProcess {
  using Time = std::chrono::steady_clock::time_point;

  pid_t pid = 0;
  Channel channel;
  bool is_of_first_client = false;
  std::string run_id;
  Protocol protocol = Protocol::Classic;
  std::string peer;
  std::string network;
  std::string link;
  std::string token;
  Time started{};
  std::optional<Time> expected_end{};
  Time turn_end{};  // when it is asked to end if a client of another network waits
  Time deadline{};  // when it is asked to end in any case, and after that when it is killed
  bool is_asked_to_end = false;
  bool is_over = false;
  std::optional<RunReport> report;

  // When its time is over.
  [[nodiscard]] Time due(bool do_others_wait) const;
  // Asks it to end, as `signal` does, or kills it if it was asked before.
  void end(int signal);
  // Takes the process off the system's table. True if it ended by itself, and how.
  struct End {
    bool has_exited;
    bool is_complete;  // the run
  };
  [[nodiscard]] End reap() const;
};

// What is left to say about a run that did not go well: for the log, empty if it did.
[[nodiscard]] std::string fault_of(const RunProcess& run, const RunProcess::End& end);

}  // namespace tcpstep
