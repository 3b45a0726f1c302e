#include "lib/host/lease.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <ctime>
#include <optional>
#include <thread>

#include "lib/base/error.h"
#include "lib/net/waiting.h"

namespace tcpstep {
namespace {

constexpr const char* kHint =
    "--lease is for tcpstep-mesh. Its launch command must pass on standard input: kubectl exec -i, "
    "podman exec -i; not ssh -n.";

}  // namespace

Lease::Lease(Duration time)
    : secret_(read_line()), lock_([time] {
        stop_after(time);
        stop_at_end_of_input();
        return lock_host();
      }()) {}

// Byte by byte: what follows is not ours.
std::string Lease::read_line() {
  std::string line;
  for (char byte = 0; line.size() <= kLongestSecret;) {
    const ssize_t count = ::read(STDIN_FILENO, &byte, 1);
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (check_syscall(count, "read standard input") == 0) {
      break;
    }
    if (byte == '\n') {
      return line;
    }
    line += byte;
  }
  throw WorldError("no secret on the first line of standard input", kHint);
}

// The kernel signals whatever happens to a pipe or socket (F_SETSIG in fcntl(2)): nothing here has
// to look at it while it measures. Nothing but its end is expected.
void Lease::stop_at_end_of_input() {
  check_syscall(::fcntl(STDIN_FILENO, F_SETSIG, SIGTERM), "watch standard input");
  check_syscall(::fcntl(STDIN_FILENO, F_SETOWN, ::getpid()), "watch standard input");
  const int flags = check_syscall(::fcntl(STDIN_FILENO, F_GETFL), "watch standard input");
  check_syscall(::fcntl(STDIN_FILENO, F_SETFL, flags | O_ASYNC), "watch standard input");
  pollfd input{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
  if (::poll(&input, 1, 0) > 0) {  // it has ended already, or is a file
    throw WorldError("standard input ends after the secret", kHint);
  }
}

void Lease::stop_after(Duration time) {
  sigevent event{};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGTERM;
  timer_t timer{};
  check_syscall(::timer_create(CLOCK_MONOTONIC, &event, &timer), "timer_create");
  const itimerspec end{.it_interval = {}, .it_value = to_timespec(time)};
  check_syscall(::timer_settime(timer, 0, &end, nullptr), "timer_settime");
}

HostLock Lease::lock_host() {
  const auto end = std::chrono::steady_clock::now() + kLongestWait;
  for (;;) {
    if (auto lock = HostLock::try_take("tcpstep-lease")) {
      return std::move(*lock);
    }
    if (std::chrono::steady_clock::now() > end) {
      throw WorldError("another measurement with --lease is running on this host",
                       "Two at a time would disturb each other. Is another mesh running?");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

}  // namespace tcpstep
