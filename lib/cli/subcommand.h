// Programs whose first argument is a command with options of its own.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace tcpstep {

// Reads what follows a command; argv[0] is the command. Empty if its help was asked for.
template <class Options>
using ParseCommand = std::optional<Options> (*)(int argc, const char* const* argv);

// Handles a first argument that is not a command: prints the help or the version. Throws UsageError
// for anything else; `commands` is for its hint.
void answer_without_command(std::string_view program, std::string_view word, std::string_view help,
                            std::string_view commands);

// The options of the command in argv[1]. Empty if help or the version was asked for and printed.
// Throws UsageError.
template <class Options>
std::optional<Options> parse_command(
    std::string_view program, std::string_view help,
    std::initializer_list<std::pair<std::string_view, ParseCommand<Options>>> commands, int argc,
    const char* const* argv) {
  const std::string_view wanted = argc > 1 ? argv[1] : "";
  std::string words;
  for (const auto& [word, parse] : commands) {
    if (word == wanted) {
      return parse(argc - 1, argv + 1);
    }
    words += (words.empty() ? "" : ", ") + std::string(word);
  }
  answer_without_command(program, wanted, help, words);
  return std::nullopt;
}

}  // namespace tcpstep
