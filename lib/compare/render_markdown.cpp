#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lib/base/escape.h"
#include "lib/compare/render.h"
#include "lib/compare/rows.h"
#include "lib/report/render.h"

namespace tcpstep {
namespace {

template <class Titles, class Rows>
std::string table_of(const Titles& titles, const Rows& rows) {
  std::string text = fmt::format("\n| {} |\n|---|", fmt::join(titles, " | "));
  for (std::size_t column = 2; column < titles.size(); ++column) {
    text += "---:|";
  }
  text += "---|\n";
  for (const auto& row : rows) {
    text += '|';
    for (const std::string& cell : row) {
      text += fmt::format(" {} |", markdown_escaped(cell));
    }
    text += '\n';
  }
  return text;
}

}  // namespace

std::string render_markdown(const Comparison& comparison) {
  std::string text = fmt::format("**{}**\n\n{}\n", markdown_escaped(headline(comparison)),
                                 markdown_escaped(subject_line(comparison)));
  const auto lines = remarks(comparison);
  if (!lines.empty()) {
    text += '\n';
    for (const std::string& line : lines) {
      text += fmt::format("- {}\n", markdown_escaped(line));
    }
  }
  if (!comparison.contrasts.empty()) {
    text += table_of(kContrastTitles, contrast_rows(comparison));
  }
  if (!comparison.differences.empty()) {
    text += table_of(kExactTitles, exact_rows(comparison));
  }
  return text + render_warnings(comparison.caption.warnings);
}

}  // namespace tcpstep
