// The text of --help: what a program takes, in columns that fit the screen.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tcpstep {

// One option, as it is declared once: for --help, for the parser, for completions.
struct Option {
  std::string name;                // without dashes; of the positional arguments: empty
  std::string letter;              // may be empty
  std::string value_name;          // "PORT"; empty for a flag
  std::string meaning;             // what the help says
  std::vector<std::string> words;  // that the value may be, if these can be listed
  std::string default_value = {};  // empty: none
  std::string group = {};

  [[nodiscard]] bool is_flag() const { return value_name.empty(); }
  // As the help shows it: "PORT", or in place of WORD all of them, "up|down".
  [[nodiscard]] std::string value() const;
};

enum class HelpExtent : std::uint8_t {
  Essentials,  // --help
  All,         // --help=all
  Table,       // --help=table: for programs
};

struct HelpPage {
  std::string usage;     // what follows "Usage: "
  std::string about;     // a sentence or two
  std::string examples;  // whole lines
  std::vector<Option> options;
  std::vector<std::string> essentials;  // names, in the order of --help; empty: all options
};

// The page, with lines of at most `columns`. Table: one line for each option, with tabs between
// name, letter, value, default, help and group.
[[nodiscard]] std::string render_help(const HelpPage& page, HelpExtent extent, std::size_t columns);

// A page of whole lines, with shorter ones where they do not fit: what stands behind two or more
// spaces continues below itself, an example is continued behind a backslash, as a shell takes it.
[[nodiscard]] std::string fitted_page(std::string_view text, std::size_t columns);

}  // namespace tcpstep
