// The commands of tcpstep: which program each of them is, and the page that lists them.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "lib/base/process.h"

namespace tcpstep {

struct FrontCommand {
  std::string_view name;
  std::string_view program;   // runs it
  std::string_view folder;    // of that program in a build tree
  std::string_view argument;  // that it gets before the user's; may be empty
};

[[nodiscard]] std::span<const FrontCommand> front_commands();

// What `tcpstep` prints alone: a line for each command, at most 80 columns.
[[nodiscard]] std::string_view front_help();

// The program of a command: one of the list, or any tcpstep-<word> beside this program or on the
// PATH. Throws UsageError for what cannot be a command.
[[nodiscard]] Command program_of(std::string_view word);

// The command that `word` was perhaps meant to be; empty if none is near.
[[nodiscard]] std::string nearest_command(std::string_view word);

}  // namespace tcpstep
