#include "lib/cli/program.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>
#include <string>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/escape.h"
#include "lib/base/process.h"
#include "lib/base/screen_text.h"
#include "lib/cli/screen.h"

namespace tcpstep {
namespace {

bool ends_with_reader = false;

// The front command runs programs under its own name.
bool is_run_by_front() {
  const std::string_view name = program_invocation_name;
  return name == kFrontName || name.starts_with(std::string(kFrontName) + ' ');
}

// Broken between words where a terminal would break anywhere.
std::string on_terminal(const std::string& text) {
  const auto columns = columns_of_terminal(STDERR_FILENO);
  return columns ? wrapped_lines(text, *columns) : text;
}

int report(std::string_view name, std::string_view what, std::string_view hint, int status) {
  print_message(fmt::format("{}: {}", name, what));
  if (!hint.empty()) {
    print_message(fmt::format("  {}", as_invoked(hint)));
  }
  return status;
}

// The number of a closed standard stream would go to the next file or socket, and messages would
// end up in a result file. It is opened in the wrong mode, so that using it remains an error.
void occupy_standard_streams() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) < 0 && errno == EBADF) {
      static_cast<void>(::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY));
    }
  }
}

}  // namespace

std::string as_invoked(std::string_view text) {
  constexpr auto kNames = std::to_array<std::pair<std::string_view, std::string_view>>(
      {{"tcpstep-server", "tcpstep server"},
       {"tcpstep-client", "tcpstep run"},
       {"tcpstep-analyze", "tcpstep"},
       {"tcpstep-lab", "tcpstep lab"},
       {"tcpstep-mesh", "tcpstep mesh"}});
  std::string result(text);
  for (const auto& [program, command] : kNames) {
    for (std::size_t at = 0; is_run_by_front() && (at = result.find(program, at)) != result.npos;) {
      result.replace(at, program.size(), command);
    }
  }
  return result;
}

void end_with_reader() {
  ends_with_reader = true;
}

void print_data(std::string_view text) {
  const bool is_written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if (!is_written || std::fflush(stdout) != 0) {
    if (errno == EPIPE && ends_with_reader) {
      std::signal(SIGPIPE, SIG_DFL);
      std::raise(SIGPIPE);
    }
    throw_system_error(errno, "write to standard output");
  }
}

void print_message(std::string_view line) {
  const std::string shown = on_terminal(visible(line) + '\n');
  std::fwrite(shown.data(), 1, shown.size(), stderr);  // at once: other processes write there, too
}

void print_lines(std::string_view text) {
  const std::string shown = on_terminal(visible_lines(text) + '\n');
  std::fwrite(shown.data(), 1, shown.size(), stderr);
}

int run_program(std::string_view name, const std::function<int()>& body) {
  occupy_standard_streams();
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  try {
    return body();
  } catch (const UsageError& error) {
    return report(name, error.what(), error.hint(), kExitUsage);
  } catch (const WorldError& error) {
    return report(name, error.what(), error.hint(), kExitFailed);
  } catch (const std::exception& error) {
    return report(name, error.what(), {}, kExitFailed);
  }
}

}  // namespace tcpstep
