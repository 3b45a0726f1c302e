#include "lib/cli/run_program.h"

#include <fmt/format.h>

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

}  // namespace

int run_program(std::string_view name, const std::function<int()>& body) {
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
