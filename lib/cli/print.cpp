#include "lib/cli/print.h"

#include <cerrno>
#include <cstdio>
#include <string>

#include "lib/base/error.h"
#include "lib/base/text.h"

namespace tcpstep {

void print_data(std::string_view text) {
  const bool is_written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if (!is_written || std::fflush(stdout) != 0) {
    throw_system_error(errno, "write to standard output");
  }
}

void print_words(std::string_view line) {
  const std::string shown = without_controls(line);
  std::fwrite(shown.data(), 1, shown.size(), stderr);
  std::fputc('\n', stderr);
}

}  // namespace tcpstep
