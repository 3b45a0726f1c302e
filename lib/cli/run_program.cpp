#include "lib/cli/run_program.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <exception>
#include <string>

#include "lib/base/error.h"
#include "lib/cli/print.h"

namespace tcpstep {
namespace {

int report(std::string_view name, std::string_view what, std::string_view hint, int status) {
  print_words(fmt::format("{}: {}", name, what));
  if (!hint.empty()) {
    print_words(fmt::format("  {}", hint));
  }
  return status;
}

// The number of a closed standard stream would go to the next file or socket, and words meant for a
// terminal would end up in a result file. Opened the wrong way round, using it stays an error.
void occupy_standard_streams() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) < 0 && errno == EBADF) {
      static_cast<void>(::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY));
    }
  }
}

}  // namespace

int run_program(std::string_view name, const std::function<int()>& body) {
  occupy_standard_streams();
  std::signal(SIGPIPE, SIG_IGN);
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
