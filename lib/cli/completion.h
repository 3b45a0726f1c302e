// What a shell offers for the word being typed. The programs answer their hidden first argument
// --complete; packaging/completions has the few lines that bash, zsh and fish need to ask.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "lib/cli/help_page.h"

namespace tcpstep {

// The first argument that asks for completion. The words after it are those of the command line so
// far; the last one, perhaps empty, is being typed.
inline constexpr std::string_view kCompletionRequest = "--complete";

struct CompletedArguments {
  Option option;
  std::size_t at_most = 0;
};

// A line for each candidate: the word, a tab, its meaning. A line ":file", ":folder" or ":host"
// asks the shell for its own. Of "--option=wo", the candidates replace "wo".
[[nodiscard]] std::string completions(std::span<const Option> options,
                                      const CompletedArguments& arguments,
                                      std::span<const std::string_view> words);

// The same for a word out of a list, such as the commands of a program.
[[nodiscard]] std::string completions(std::span<const std::string> candidates,
                                      std::string_view begun);

}  // namespace tcpstep
