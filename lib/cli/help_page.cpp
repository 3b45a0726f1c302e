#include "lib/cli/help_page.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "lib/base/screen_text.h"

namespace tcpstep {
namespace {

constexpr std::size_t kWidestName = 30;  // wider ones have a line of their own
constexpr std::size_t kGapAfterName = 2;
constexpr std::size_t kNarrow = 60;  // below it every name has
constexpr std::size_t kIndentation = 8;

// "  -p, --port PORT", "      --json"
std::string name_of(const Option& option) {
  return fmt::format("  {}--{}{}{}",
                     option.letter.empty() ? "    " : fmt::format("-{}, ", option.letter),
                     option.name, option.is_flag() ? "" : " ", option.value());
}

// Where the descriptions begin: the same column in all groups.
std::size_t description_column(const std::vector<Option>& options, std::size_t columns) {
  if (columns < kNarrow) {
    return kIndentation;
  }
  std::size_t widest = 0;
  for (const Option& option : options) {
    const std::size_t width = columns_of(name_of(option));
    widest = width <= kWidestName ? std::max(widest, width) : widest;
  }
  return widest + kGapAfterName;
}

// A name with more choices than fit in a line, with the others below it.
std::string broken_name(const std::string& name, std::size_t columns) {
  const std::string rest(kIndentation, ' ');
  std::string text;
  std::string line;
  for (std::string_view left = name; !left.empty();) {
    const std::size_t size = std::min(left.find('|'), left.size() - 1) + 1;
    if (columns_of(line) + size > columns) {
      text += std::exchange(line, rest) + '\n';
    }
    line += left.substr(0, size);
    left.remove_prefix(size);
  }
  return text + line;
}

std::string render(const Option& option, std::size_t column, std::size_t columns) {
  const std::string text = option.default_value.empty()
                               ? option.meaning
                               : fmt::format("{} [{}]", option.meaning, option.default_value);
  const std::string indentation(column, ' ');
  std::string name = name_of(option);
  if (columns_of(name) + kGapAfterName > column) {
    return (columns_of(name) > columns ? broken_name(name, columns) : name) + '\n' +
           wrapped(text, columns, indentation, indentation);
  }
  name.resize(column, ' ');
  return wrapped(text, columns, name, indentation);
}

std::vector<Option> shown_options(const HelpPage& page, HelpExtent extent) {
  if (extent == HelpExtent::All || page.essentials.empty()) {
    return page.options;
  }
  std::vector<Option> shown;
  for (const std::string& name : page.essentials) {
    shown.push_back(*std::ranges::find(page.options, name, &Option::name));
    shown.back().group.clear();
  }
  Option all;
  all.name = "help=all";
  all.meaning = fmt::format("all {} options", page.options.size());
  shown.push_back(std::move(all));
  return shown;
}

// The end of the first word of a command; quotes are part of it.
std::size_t end_of_argument(std::string_view command) {
  bool is_quoted = false;
  std::size_t end = 0;
  while (end < command.size() && (is_quoted || command[end] != ' ')) {
    is_quoted = is_quoted != (command[end++] == '\'');
  }
  return end;
}

// No example is indented deeper where there is little room.
constexpr std::size_t kDeepest = 6;

std::string continued_command(std::string_view command, std::size_t columns) {
  constexpr std::string_view kBackslash = " \\";
  std::string text;
  const std::size_t indentation = command.find_first_not_of(' ');
  command.remove_prefix(indentation);
  std::string line(std::min(indentation, kDeepest), ' ');
  const std::string rest = line + "    ";
  for (bool is_first = true; !command.empty(); is_first = false) {
    const std::string_view word = command.substr(0, end_of_argument(command));
    command.remove_prefix(std::min(word.size() + 1, command.size()));
    const std::size_t needed = columns_of(word) + (command.empty() ? 0 : kBackslash.size());
    if (!is_first && columns_of(line) + 1 + needed > columns) {
      text += line + std::string(kBackslash) + '\n';
      line = rest;
    } else if (!is_first) {
      line += ' ';
    }
    line += word;
  }
  return text + line + '\n';
}

// What stands behind two spaces or more, in a line.
std::size_t begin_of_second_column(std::string_view line) {
  const std::size_t text = std::min(line.find_first_not_of(' '), line.size());
  return line.find_first_not_of(' ', std::min(line.find("  ", text), line.size()));
}

constexpr std::string_view kUsage = "Usage: ";

bool is_prose(std::string_view line) {
  return !line.empty() && line.front() != ' ' && !line.starts_with(kUsage) &&
         begin_of_second_column(line) == std::string_view::npos;
}

std::string fitted_line(std::string_view line, std::size_t columns) {
  if (columns_of(line) <= columns) {
    return std::string(line) + '\n';
  }
  if (line.starts_with(kUsage)) {
    return wrapped(line.substr(kUsage.size()), columns, kUsage, std::string(kUsage.size(), ' '));
  }
  const std::size_t second = begin_of_second_column(line);
  if (second == std::string_view::npos) {
    return line.starts_with(' ') ? continued_command(line, columns) : wrapped(line, columns);
  }
  if (2 * second <= columns) {
    return wrapped(line.substr(second), columns, line.substr(0, second), std::string(second, ' '));
  }
  const std::string indentation(kIndentation, ' ');
  const std::string_view first = line.substr(0, line.find_last_not_of(' ', second - 1) + 1);
  return fitted_line(first, columns) +
         wrapped(line.substr(second), columns, indentation, indentation);
}

std::string render_table(const HelpPage& page) {
  std::string text;
  for (const Option& option : page.options) {
    text += fmt::format("{}\t{}\t{}\t{}\t{}\t{}\n", option.name, option.letter, option.value(),
                        option.default_value, option.meaning, option.group);
  }
  return text;
}

}  // namespace

std::string Option::value() const {
  return value_name == "WORD" ? fmt::format("{}", fmt::join(words, "|")) : value_name;
}

std::string render_help(const HelpPage& page, HelpExtent extent, std::size_t columns) {
  if (extent == HelpExtent::Table) {
    return render_table(page);
  }
  std::string text = wrapped(page.usage, columns, "Usage: ", "       ");
  text += wrapped(page.about, columns);
  const std::vector<Option> options = shown_options(page, extent);
  const std::size_t column = description_column(options, columns);
  const std::string* group = nullptr;
  for (const Option& option : options) {
    if (group == nullptr || *group != option.group) {
      text += option.group.empty() ? "\n" : fmt::format("\n{}\n", option.group);
      group = &option.group;
    }
    text += render(option, column, columns);
  }
  return page.examples.empty() ? text : text + '\n' + fitted_page(page.examples, columns);
}

std::string fitted_page(std::string_view text, std::size_t columns) {
  std::string result;
  std::string paragraph;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const std::string_view next = text.substr(0, text.find('\n'));
    // A sentence goes on in the next line.
    if (std::max(columns_of(line), columns_of(next)) > columns && is_prose(line) &&
        is_prose(next)) {
      paragraph += std::string(line) + ' ';
      continue;
    }
    result += fitted_line(std::exchange(paragraph, {}) + std::string(line), columns);
  }
  return result;
}

}  // namespace tcpstep
