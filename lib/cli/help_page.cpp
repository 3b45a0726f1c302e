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

std::string render(const Option& option, std::size_t column, std::size_t columns) {
  const std::string text = option.default_value.empty()
                               ? option.meaning
                               : fmt::format("{} [{}]", option.meaning, option.default_value);
  const std::string indentation(column, ' ');
  std::string name = name_of(option);
  if (columns_of(name) + kGapAfterName > column) {
    return name + '\n' + wrapped(text, columns, indentation, indentation);
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
  return page.examples.empty() ? text : text + '\n' + page.examples;
}

}  // namespace tcpstep
