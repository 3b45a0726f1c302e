#include "server/run_process.h"

#include <fmt/format.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "lib/cli/program.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

constexpr Duration kTimeToEnd = 10s;  // for a run to write its trailer

}  // namespace

RunProcess::Time RunProcess::due(bool do_others_wait) const {
  return do_others_wait && !is_asked_to_end ? std::min(deadline, turn_end) : deadline;
}

void RunProcess::end(int signal) {
  ::kill(pid, is_asked_to_end ? SIGKILL : signal);
  is_asked_to_end = true;
  deadline = std::chrono::steady_clock::now() + kTimeToEnd;
}

RunProcess::End RunProcess::reap() const {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return {.has_exited = WIFEXITED(status),
          .is_complete = WIFEXITED(status) && WEXITSTATUS(status) == kExitFine};
}

std::string fault_of(const RunProcess& run, const RunProcess::End& end) {
  const std::string fault = !end.has_exited ? "its process died"
                            : run.report    ? run.report->fault
                                            : "";
  return fault.empty() ? fault : fmt::format("run with {}: {}", run.peer, fault);
}

}  // namespace tcpstep
