// Text from outside (names of files, words of the other end, values of a header), made safe for the
// place where it is printed: it never begins a line, moves a cursor, or becomes markup or a
// command. One function for each kind of place; each takes any bytes, and gives UTF-8.
#pragma once

#include <string>
#include <string_view>

namespace tcpstep {

// For a line of a terminal or of a log: control characters, line feeds and bytes that are not UTF-8
// become \xNN, characters that change the direction of text or cannot be seen \u{NNNN}. CI systems
// run "::name::" at the beginning of a line and "##[name]" anywhere: they become readable only.
[[nodiscard]] std::string visible(std::string_view text);

// The same for text of several lines that are ours: only line feeds stay.
[[nodiscard]] std::string visible_lines(std::string_view text);

// For a line or a cell of Markdown.
[[nodiscard]] std::string markdown_escaped(std::string_view text);

// For text and attributes of XML, SVG and HTML.
[[nodiscard]] std::string xml_escaped(std::string_view text);

// For a line of the message of a GitHub workflow command; "%0A" joins lines.
[[nodiscard]] std::string github_escaped(std::string_view text);

// For a cell of CSV: quoted where needed, and never a formula of a spreadsheet.
[[nodiscard]] std::string csv_escaped(std::string_view text);

}  // namespace tcpstep
