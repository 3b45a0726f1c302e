#include "lib/cli/subcommand.h"

#include <fmt/format.h>

#include "lib/base/error.h"
#include "lib/base/text.h"
#include "lib/cli/program.h"

namespace tcpstep {

void answer_without_command(std::string_view program, std::string_view word, std::string_view help,
                            std::string_view commands) {
  if (word == "--help" || word == "-h" || word == "help") {
    print_data(help);
  } else if (word == "--version" || word == "-V") {
    print_data(fmt::format("{}\n", version_and_git()));
  } else {
    throw UsageError(word.empty() ? "no command was given"
                                  : fmt::format("unknown command '{}'", printable(word)),
                     fmt::format("Commands are {}. See {} --help.", commands, program));
  }
}

}  // namespace tcpstep
