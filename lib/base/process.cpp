#include "lib/base/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>

#include "lib/base/error.h"
#include "lib/base/escape.h"
#include "lib/base/stop_request.h"
#include "lib/base/text.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace tcpstep {
namespace {

constexpr int kCannotRun = 127;

// The child does not inherit this process's signal setup.
void reset_signals() {
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGCHLD}) {
    std::signal(number, SIG_DFL);
  }
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

[[noreturn]] void exec(const Command& command, std::string name) {
  std::vector<char*> arguments;
  for (const std::string& word : command) {
    arguments.push_back(const_cast<char*>(word.c_str()));
  }
  arguments.push_back(nullptr);
  arguments[0] = name.data();
  ::execvp(command[0].c_str(), arguments.data());
  throw_system_error(errno, "run " + command[0]);
}

}  // namespace

void die_with(pid_t parent) {
  check_syscall(::prctl(PR_SET_PDEATHSIG, SIGKILL), "prctl PR_SET_PDEATHSIG");
  const pid_t now = ::getppid();    // 0 if the parent is outside this PID namespace
  if (now != parent && now != 0) {  // it died before the call above
    ::_exit(128 + SIGKILL);
  }
}

Child::Child(pid_t pid)
    : pid_(pid),
      ended_(static_cast<int>(check_syscall(::syscall(SYS_pidfd_open, pid, 0), "pidfd_open"))) {}

Child Child::fork(const std::function<int()>& body) {
  const pid_t parent = ::getpid();
  const pid_t pid = check_syscall(::fork(), "fork");
  if (pid > 0) {
    return Child(pid);
  }
  int status = 1;
  try {
    reset_signals();
    die_with(parent);
    status = body();
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", visible(error.what()));
    status = kCannotRun;
  }
  ::_exit(status);
}

Child Child::start(const Command& command, const std::function<void()>& prepare) {
  return Child::fork([&] {
    prepare();
    exec(command, command[0]);
    return kCannotRun;  // never
  });
}

int Child::wait(Interrupts interrupts) const {
  bool is_passed_on = false;
  for (;;) {
    int status = 0;
    if (::waitpid(pid_, &status, 0) == pid_) {
      return exit_status(status);
    }
    if (errno != EINTR) {
      throw_system_error(errno, "waitpid");
    }
    const int received = requested_stop();
    const bool is_kept = received == SIGINT && interrupts == Interrupts::Keep;
    if (received != 0 && !is_kept && !is_passed_on) {
      signal(received);
      is_passed_on = true;
    }
  }
}

void Child::signal(int number) const {
  ::kill(pid_, number);
}

int exit_status(int wait_status) {
  return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
}

void replace_this_process(const Command& command, std::string_view name) {
  // A program inherits what is ignored, and run_program() ignores these.
  std::signal(SIGPIPE, SIG_DFL);
  std::signal(SIGXFSZ, SIG_DFL);
  exec(command, std::string(name));
}

void run_tool(const Command& command, const std::string& attempted) {
  int ends[2];
  check_syscall(::pipe2(ends, O_CLOEXEC), "make a pipe");
  const Fd output(ends[0]);
  Fd input(ends[1]);
  Child tool = Child::start(command, [&] {
    ::dup2(input.get(), STDOUT_FILENO);
    ::dup2(input.get(), STDERR_FILENO);
  });
  input = Fd();
  std::string text;
  char buffer[512];
  for (ssize_t bytes = 0; (bytes = ::read(output.get(), buffer, sizeof buffer)) != 0;) {
    if (bytes > 0) {
      text.append(buffer, static_cast<std::size_t>(bytes));
    }
  }
  if (tool.wait() != 0) {
    throw WorldError(fmt::format("cannot {}: {}", attempted, printable(text, 200)));
  }
}

std::string sibling_program(const std::string& name, const std::string& folder) {
  namespace fs = std::filesystem;
  const fs::path here = fs::read_symlink("/proc/self/exe").parent_path();
  for (const fs::path& candidate : {here / name, here.parent_path() / folder / name}) {
    if (::access(candidate.c_str(), X_OK) == 0) {
      return candidate;
    }
  }
  return name;
}

void release_free_memory() {
#ifdef __GLIBC__
  ::malloc_trim(0);
#endif
}

}  // namespace tcpstep
