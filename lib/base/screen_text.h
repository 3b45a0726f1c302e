// Text that fits the terminal: its width, its characters, tables whose columns give way.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tcpstep {

// What text is printed on.
struct Screen {
  std::size_t columns = 80;
  bool is_unicode = true;
};

// How many columns UTF-8 text takes.
[[nodiscard]] std::size_t columns_of(std::string_view text);

// Cut to that many columns, "…" at the end if something is missing.
[[nodiscard]] std::string cut_to(std::string_view text, std::size_t columns);

// Words in lines of at most that many columns, each ended by LF: `first` begins the first line,
// `rest` the others. A word that is longer stays whole, and so does a number with its unit.
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t columns,
                                  std::string_view first = {}, std::string_view rest = {});

// Lines that are longer than that, broken between words; what follows is indented like the text of
// its line (after "  ! "), or by two more columns.
[[nodiscard]] std::string wrapped_lines(std::string_view text, std::size_t columns);

// Text for a terminal without UTF-8: "µs" becomes "us", "→" becomes ">", each as wide as before.
[[nodiscard]] std::string in_ascii(std::string_view text);
// Text in the characters that `screen` has.
[[nodiscard]] std::string shown_on(const Screen& screen, std::string text);

// One column of a table.
struct ScreenColumn {
  std::string title;
  unsigned gives_way = 0;  // where there is no room the highest goes first; 0 stays
  std::string group = {};  // above the title of this and the neighbors with the same group
  std::vector<std::string> cells = {};
};

// The table, indented by two: the first column left-aligned, the others right-aligned, two spaces
// between them. All have as many cells. Those of the first are cut if nothing else gives way.
[[nodiscard]] std::string screen_table(std::vector<ScreenColumn> table, std::size_t columns);

}  // namespace tcpstep
