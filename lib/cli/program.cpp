#include "lib/cli/program.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>
#include <string>

#include "lib/base/error.h"
#include "lib/base/escape.h"

namespace tcpstep {
namespace {

int report(std::string_view name, std::string_view what, std::string_view hint, int status) {
  print_message(fmt::format("{}: {}", name, what));
  if (!hint.empty()) {
    print_message(fmt::format("  {}", hint));
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

void print_data(std::string_view text) {
  const bool is_written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if (!is_written || std::fflush(stdout) != 0) {
    throw_system_error(errno, "write to standard output");
  }
}

void print_message(std::string_view line) {
  const std::string shown = visible(line) + '\n';
  std::fwrite(shown.data(), 1, shown.size(), stderr);  // at once: other processes write there, too
}

void print_lines(std::string_view text) {
  const std::string shown = visible_lines(text) + '\n';
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
