#include "lib/cli/completion.h"

#include <fmt/format.h>

#include <algorithm>

namespace tcpstep {
namespace {

bool is_option(std::string_view word) {
  return word.size() > 1 && word.front() == '-';
}

const Option* find(std::span<const Option> options, std::string_view word) {
  const auto found = std::ranges::find_if(options, [&](const Option& option) {
    return word.starts_with("--") ? word.substr(2) == option.name
                                  : !option.letter.empty() && word == "-" + option.letter;
  });
  return found == options.end() ? nullptr : &*found;
}

std::string values_of(const Option& option, std::string_view begun) {
  std::string lines = completions(option.words, begun);
  const auto names = [&](std::string_view what) {
    return option.value_name.find(what) != std::string::npos;
  };
  if (names("DIR|") || names("FILE") || names("PATH") || names("IMAGE") || names("BASELINE") ||
      names("COMMAND") || names("PROXY")) {
    lines += ":file\n";
  } else if (names("DIR")) {
    lines += ":folder\n";
  } else if (names("HOST")) {
    lines += ":host\n";
  }
  return lines;
}

std::string options_that_begin(std::span<const Option> options, std::string_view begun) {
  std::string lines;
  for (const Option& option : options) {
    if (("--" + option.name).starts_with(begun)) {
      lines += fmt::format("--{}\t{}\n", option.name, option.meaning);
    }
  }
  return lines;
}

}  // namespace

std::string completions(std::span<const Option> options, const CompletedArguments& arguments,
                        std::span<const std::string_view> words) {
  const Option* open = nullptr;  // its value comes next
  bool only_arguments = false;
  std::size_t given = 0;
  for (const std::string_view word : words.first(words.size() - 1)) {
    const bool may_be_option = !only_arguments && open == nullptr && is_option(word);
    if (word == "=" && open != nullptr) {  // bash makes three words of --option=value
      continue;
    }
    if (may_be_option && word == "--") {
      only_arguments = true;
    } else if (may_be_option) {
      const Option* option = find(options, word);
      open = option != nullptr && !option->value_name.empty() ? option : nullptr;
    } else {
      given += open == nullptr ? 1 : 0;
      open = nullptr;
    }
  }
  const std::string_view last = words.back();
  if (open != nullptr) {
    return values_of(*open, last == "=" ? std::string_view() : last);
  }
  if (const auto sign = last.find('='); is_option(last) && sign != std::string_view::npos) {
    const Option* option = find(options, last.substr(0, sign));
    return option == nullptr ? std::string() : values_of(*option, last.substr(sign + 1));
  }
  if (!only_arguments && last.starts_with('-')) {
    return options_that_begin(options, last);
  }
  Option argument = arguments.option;
  if (only_arguments) {
    argument.words.clear();  // of "PROFILE -- COMMAND", the words are profiles
  }
  const std::string lines = given < arguments.at_most ? values_of(argument, last) : std::string();
  return lines.empty() && last.empty() ? options_that_begin(options, last) : lines;
}

std::string completions(std::span<const std::string> candidates, std::string_view begun) {
  std::string lines;
  for (const std::string& candidate : candidates) {
    if (candidate.starts_with(begun)) {
      lines += candidate + "\n";
    }
  }
  return lines;
}

}  // namespace tcpstep
