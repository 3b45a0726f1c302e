// Child processes that never outlive this one.
#pragma once

#include <sys/types.h>

#include <csignal>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/fd.h"

namespace tcpstep {

using Command = std::vector<std::string>;  // a program and its arguments

enum class Interrupts : std::uint8_t { Keep, PassOn };

class Child {
 public:
  // Runs `command` after `prepare` (which may enter a namespace). The child is killed if this
  // process ends, however it ends. Its status is 127 if the program cannot be run; the reason goes
  // to stderr.
  static Child start(
      const Command& command, const std::function<void()>& prepare = [] {});

  // Runs `body` in a copy of this process; its result is the child's exit status.
  static Child fork(const std::function<int()>& body);

  // Waits for the end: the exit status, or 128 + the number of the signal. Passes on a SIGTERM or
  // SIGHUP that this process gets meanwhile; a SIGINT only if asked to, because the terminal sends
  // it to both.
  int wait(Interrupts interrupts = Interrupts::Keep) const;

  void signal(int number) const;
  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] const Fd& ended() const { return ended_; }  // readable once it has ended

 private:
  explicit Child(pid_t pid);
  pid_t pid_;
  Fd ended_;
};

// For a child of fork(2): the kernel kills this process once `parent` has died, even if it has
// already.
void die_with(pid_t parent);

// The exit status of a wait(2) status: 128 and the signal's number for a child that was killed.
[[nodiscard]] int exit_status(int wait_status);

// The front command, and what the programs that it runs see as their name.
inline constexpr std::string_view kFrontName = "tcpstep";

// Runs `command` in place of this process, under that name. Throws std::system_error.
[[noreturn]] void replace_this_process(const Command& command, std::string_view name);

// Runs `command` to its end. Throws WorldError with `attempted` and what it printed if it fails.
void run_tool(const Command& command, const std::string& attempted);

// The program beside this one (installed, or in a build tree beside its folder), else on the PATH.
[[nodiscard]] std::string sibling_program(const std::string& name, const std::string& folder);

// Gives memory that was freed back to the system, where the C library can.
void release_free_memory();

}  // namespace tcpstep
