#include "mesh/jobs.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <list>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/fd.h"
#include "lib/base/file.h"
#include "lib/base/process.h"
#include "lib/cli/stop_signals.h"

namespace tcpstep {
namespace {

struct Running {
  std::size_t job;
  Fd answer;
  Child process;
};

Running start(const std::vector<Job>& jobs, std::size_t number) {
  int ends[2];
  check_syscall(::pipe2(ends, O_CLOEXEC), "make a pipe");
  Fd read_end(ends[0]);
  const Fd write_end(ends[1]);
  Child process = Child::fork([&] {
    std::signal(SIGPIPE, SIG_IGN);  // of programs that have ended
    write_all(write_end, jobs[number]().substr(0, kLongestAnswer), "the output");
    return 0;
  });
  return {.job = number, .answer = std::move(read_end), .process = std::move(process)};
}

// All that have ended meanwhile; waits for one.
std::list<Running> take_ended(std::list<Running>& running) {
  std::vector<pollfd> polled;
  for (const Running& one : running) {
    polled.push_back({.fd = one.process.ended().get(), .events = POLLIN, .revents = 0});
  }
  std::list<Running> ended;
  if (::poll(polled.data(), polled.size(), -1) < 0) {
    return errno == EINTR ? std::move(ended)
                          : (throw_system_error(errno, "poll"), std::move(ended));
  }
  auto one = running.begin();
  for (const pollfd& end : polled) {
    const auto next = std::next(one);
    if (end.revents != 0) {
      ended.splice(ended.end(), running, one);
    }
    one = next;
  }
  return ended;
}

void kill_all(std::list<Running>& running) {
  for (const Running& one : running) {
    one.process.signal(SIGKILL);
  }
  for (const Running& one : running) {
    one.process.wait();
  }
}

}  // namespace

bool run_jobs(const std::vector<Job>& jobs, std::size_t at_once,
              const std::function<void(std::size_t, std::string)>& done) {
  std::list<Running> running;
  for (std::size_t next = 0; next < jobs.size() || !running.empty();) {
    while (next < jobs.size() && running.size() < at_once) {
      running.push_back(start(jobs, next++));
    }
    std::list<Running> ended = take_ended(running);
    if (StopSignals::received() != 0) {
      running.splice(running.end(), ended);
      kill_all(running);
      return false;
    }
    for (const Running& one : ended) {
      const bool is_fine = one.process.wait() == 0;
      std::string answer = read_all(one.answer, "the output of a process");
      done(one.job, is_fine ? std::move(answer) : std::string());
    }
  }
  return true;
}

}  // namespace tcpstep
