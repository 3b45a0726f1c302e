// The frame around every main: exceptions become messages on stderr and an exit status. Data goes
// to stdout, messages to stderr.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace tcpstep {

inline constexpr int kExitFine = 0;
inline constexpr int kExitFailed = 1;  // a failure outside the program
inline constexpr int kExitUsage = 2;   // the request cannot be carried out as written

// This program's name in help and hints: "tcpstep-client"; "tcpstep run" if the front command runs
// it. `text` has the programs' own names.
[[nodiscard]] std::string as_invoked(std::string_view text);

// Returns what `body` returns, 2 after a UsageError, 1 after any other exception.
// Ignores SIGPIPE and SIGXFSZ: a closed peer or pipe, or a file at its limit, is an error to
// handle.
int run_program(std::string_view name, const std::function<int()>& body);

// Writes and flushes. Throws std::system_error if stdout cannot be written (a full disk, a closed
// pipe): a cut table must not look like success.
void print_data(std::string_view text);

// From now on a closed pipe at standard output ends this process without a message, as it ends
// other filters: `tcpstep show results | head`.
void end_with_reader();

// Writes one line to stderr: whatever it contains, it stays one (lib/base/escape.h), broken between
// words on a terminal only. A closed stderr is ignored.
void print_message(std::string_view line);

// The same for text whose line feeds are ours.
void print_lines(std::string_view text);

}  // namespace tcpstep
