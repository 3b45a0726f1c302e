// tcpstep: one name for all programs, as git has one. Runs the program of a command in its place.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "front/commands.h"
#include "lib/base/error.h"
#include "lib/base/process.h"
#include "lib/base/text.h"
#include "lib/cli/completion.h"
#include "lib/cli/help_page.h"
#include "lib/cli/program.h"
#include "lib/cli/screen.h"

namespace tcpstep {
namespace {

// What the program of a command calls itself in its help: as the user called it.
std::string name_of(const std::string& word, const Command& command) {
  const auto known = std::ranges::find(front_commands(), word, &FrontCommand::name);
  if (known == front_commands().end()) {
    return command[0];
  }
  return std::string(kFrontName) + (known->argument.empty() ? " " + word : "");
}

// Does not return.
[[noreturn]] void run_in_place(const std::string& word, const Command& command) {
  try {
    replace_this_process(command, name_of(word, command));
  } catch (const std::system_error& error) {
    if (error.code().value() != ENOENT) {
      throw;
    }
    for (const FrontCommand& known : front_commands()) {
      if (known.name == word) {
        throw WorldError(fmt::format("cannot run {}: it is not installed", known.program),
                         "tcpstep looks for it beside itself and on the PATH.");
      }
    }
    const std::string nearest = nearest_command(word);
    throw UsageError(fmt::format("unknown command '{}'", printable(word)),
                     nearest.empty() ? std::string("'tcpstep help' lists the commands.")
                                     : fmt::format("Did you mean 'tcpstep {}'?", nearest));
  }
}

// Whether there is a page for man(1) to show, and somebody to read it.
bool has_page(const std::string& page) {
  if (::isatty(STDOUT_FILENO) == 0) {
    return false;
  }
  const Child man = Child::start({"man", "-w", page}, [] {
    const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    ::dup2(nowhere, STDOUT_FILENO);
    ::dup2(nowhere, STDERR_FILENO);
  });
  return man.wait() == 0;
}

constexpr std::string_view kDoctorHelp = R"(Usage: tcpstep doctor [options]
Checks this host for sources of noise, and suggests a fix for each. Measures
nothing and opens no port.

  --cpu N        as in 'tcpstep server': test the timers of this processor
  -h, --help     print this text
)";

void print_page(std::string_view text) {
  print_data(fitted_page(text, screen_of_output().columns));
}

bool is_help(std::string_view word) {
  return word == "help" || word == "--help" || word == "-h";
}

[[noreturn]] void show_help(const std::string& word) {
  Command command = program_of(word);
  const std::string page = "tcpstep-" + word;
  if (has_page(page)) {
    replace_this_process({"man", page}, "man");
  }
  command.emplace_back("--help");
  run_in_place(word, command);
}

int show_all_help() {
  print_page(front_help());
  for (const FrontCommand& known : front_commands()) {
    if (known.name == "doctor") {  // one of the server's options
      continue;
    }
    Command command = program_of(known.name);
    command.emplace_back("--help=all");
    print_data(fmt::format("\n--- tcpstep {}\n\n", known.name));
    if (const int status = Child::start(command).wait(); status != 0) {
      return status;
    }
  }
  return kExitFine;
}

// What completes the last of `words`: a command, or what its program says.
int complete(const std::vector<std::string>& words) {
  if (words.size() == 1 || (words.size() == 2 && words.front() == "help")) {
    std::vector<std::string> names{"help"};
    for (const FrontCommand& known : front_commands()) {
      names.emplace_back(known.name);
    }
    print_data(completions(names, words.back()));
    return kExitFine;
  }
  Command command = program_of(words.front());
  command.insert(command.begin() + 1, std::string(kCompletionRequest));
  command.insert(command.end(), words.begin() + 1, words.end());
  run_in_place(words.front(), command);
}

int run(int argc, char** argv) {
  const std::string word = argc > 1 ? argv[1] : "";
  if (word.empty()) {
    print_page(front_help());
    return kExitUsage;
  }
  if (word == "--version" || word == "-V") {
    print_data(fmt::format("{}\n", version_and_git()));
    return kExitFine;
  }
  if (word == kCompletionRequest && argc > 2) {
    return complete({argv + 2, argv + argc});
  }
  if (is_help(word)) {
    if (argc == 2 || is_help(argv[2])) {
      print_page(front_help());
      return kExitFine;
    }
    if (argc > 3) {
      throw UsageError(fmt::format("unexpected argument '{}'", printable(argv[3])),
                       "Usage: tcpstep help COMMAND");
    }
    if (argv[2] == std::string("all")) {
      return show_all_help();
    }
    if (argv[2] != std::string("doctor")) {
      show_help(argv[2]);
    }
  }
  if (argc == 3 && (word == "doctor" || argv[2] == std::string("doctor")) &&
      (is_help(word) || is_help(argv[2]))) {
    print_page(kDoctorHelp);
    return kExitFine;
  }
  Command command = program_of(word);
  command.insert(command.end(), argv + 2, argv + argc);
  run_in_place(word, command);
}

}  // namespace
}  // namespace tcpstep

int main(int argc, char** argv) {
  return tcpstep::run_program("tcpstep", [&] { return tcpstep::run(argc, argv); });
}
