#include "lib/base/screen_text.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

namespace tcpstep {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kNarrowestFirst = 8;  // columns of a name that has to be cut

bool continues(char c) {  // UTF-8: takes no room of its own
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

// Where the word that begins at `begin` ends; a number and its unit are one word.
std::size_t end_of_word(std::string_view text, std::size_t begin) {
  constexpr auto kUnits = std::to_array<std::string_view>({"%", "ns", "µs", "ms", "s"});
  const std::size_t end = std::min(text.find(' ', begin), text.size());
  if (end == text.size() || text[end - 1] < '0' || text[end - 1] > '9') {
    return end;
  }
  const std::size_t next = std::min(text.find(' ', end + 1), text.size());
  std::string_view unit = text.substr(end + 1, next - end - 1);
  unit = unit.substr(0, unit.find_last_not_of(".,:;)") + 1);
  return std::ranges::find(kUnits, unit) == kUnits.end() ? end : next;
}

std::size_t width_of(const ScreenColumn& column) {
  std::size_t width = columns_of(column.title);
  for (const std::string& cell : column.cells) {
    width = std::max(width, columns_of(cell));
  }
  return width;
}

std::vector<std::size_t> widths_of(const std::vector<ScreenColumn>& table) {
  std::vector<std::size_t> widths;
  for (const ScreenColumn& column : table) {
    widths.push_back(width_of(column));
  }
  return widths;
}

std::string padded(std::string_view text, std::size_t width, bool is_left) {
  const std::string space(width - std::min(width, columns_of(text)), ' ');
  return is_left ? std::string(text) + space : space + std::string(text);
}

void end_line(std::string& text) {
  text.erase(text.find_last_not_of(' ') + 1);
  text += '\n';
}

// As many of the first words as fit, one at least.
std::string_view first_words(std::string_view text, std::size_t columns) {
  while (columns_of(text) > columns && text.find(' ') != std::string_view::npos) {
    text = text.substr(0, text.rfind(' '));
  }
  return text;
}

// Each group's name ends above its last column.
std::string group_line(const std::vector<ScreenColumn>& table,
                       const std::vector<std::size_t>& widths, std::size_t columns) {
  std::string line;
  std::size_t end = 0;
  for (std::size_t i = 0; i < table.size(); ++i) {
    end += kGap + widths[i];
    const std::string& group = table[i].group;
    const bool is_last = i + 1 == table.size() || table[i + 1].group != group;
    if (!group.empty() && is_last) {
      const std::size_t used = columns_of(line);
      const std::string_view gap = used > 0 && end < used + columns_of(group) + kGap ? "  " : "";
      const std::size_t begin = used > 0 ? used + kGap : 0;
      const std::size_t most = std::max(columns, end);
      const std::string_view name = first_words(group, most - std::min(most, begin));
      line += std::string(gap) + padded(name, end - std::min(end, used + gap.size()), false);
    }
  }
  return line;
}

}  // namespace

std::size_t columns_of(std::string_view text) {
  return text.size() - static_cast<std::size_t>(std::ranges::count_if(text, continues));
}

std::string cut_to(std::string_view text, std::size_t columns) {
  if (columns_of(text) <= columns) {
    return std::string(text);
  }
  std::size_t bytes = 0;
  for (std::size_t taken = 0; bytes < text.size(); ++bytes) {
    if (!continues(text[bytes]) && ++taken >= columns) {
      break;
    }
  }
  return std::string(text.substr(0, bytes)) + "…";
}

std::string wrapped(std::string_view text, std::size_t columns, std::string_view first,
                    std::string_view rest) {
  std::string result;
  std::string line(first);
  bool is_empty = true;  // nothing but the indentation
  while (!text.empty()) {
    const std::size_t begin = text.find_first_not_of(' ');
    if (begin == std::string_view::npos) {
      break;
    }
    const std::size_t end = end_of_word(text, begin);
    const std::string_view word = text.substr(begin, end - begin);
    text.remove_prefix(end);
    if (!is_empty && columns_of(line) + 1 + columns_of(word) > columns) {
      result += line + '\n';
      line = rest;
      is_empty = true;
    }
    line += is_empty ? "" : " ";
    line += word;
    is_empty = false;
  }
  return result + line + '\n';
}

std::string wrapped_lines(std::string_view text, std::size_t columns) {
  constexpr std::string_view kMark = "! ";
  std::string result;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (columns_of(line) <= columns) {
      result += std::string(line) + '\n';
      continue;
    }
    const std::size_t spaces = std::min(line.find_first_not_of(' '), line.size());
    const bool has_mark = line.substr(spaces).starts_with(kMark);
    const std::size_t rest = spaces > 2 ? spaces : spaces + 2;
    result += wrapped(line.substr(spaces + (has_mark ? kMark.size() : 0)), columns,
                      std::string(line.substr(0, spaces + (has_mark ? kMark.size() : 0))),
                      std::string(rest, ' '));
  }
  return result;
}

std::string in_ascii(std::string_view text) {
  constexpr auto kSubstitutes =
      std::to_array<std::pair<std::string_view, std::string_view>>({{"µ", "u"},
                                                                    {"–", "-"},
                                                                    {"−", "-"},
                                                                    {"→", ">"},
                                                                    {"↔", "-"},
                                                                    {"×", "x"},
                                                                    {"±", "~"},
                                                                    {"…", "~"},
                                                                    {"≤", "<"},
                                                                    {"━", "="},
                                                                    {"─", "-"},
                                                                    {"┤", "|"},
                                                                    {"└", "+"},
                                                                    {"┴", "+"},
                                                                    {"▲", "^"}});
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (static_cast<unsigned char>(text[i]) < 0x80) {
      result += text[i];
      continue;
    }
    std::size_t end = i + 1;
    while (end < text.size() && continues(text[end])) {
      ++end;
    }
    const std::string_view character = text.substr(i, end - i);
    const auto* const known =
        std::ranges::find(kSubstitutes, character, [](const auto& pair) { return pair.first; });
    result += known == kSubstitutes.end() ? "?" : known->second;
    i = end - 1;
  }
  return result;
}

std::string shown_on(const Screen& screen, std::string text) {
  return screen.is_unicode ? std::move(text) : in_ascii(text);
}

std::string screen_table(std::vector<ScreenColumn> table, std::size_t columns) {
  if (table.empty()) {
    return {};
  }
  std::vector<std::size_t> widths = widths_of(table);
  while (std::accumulate(widths.begin(), widths.end(), kGap * widths.size()) > columns) {
    const auto next = std::ranges::max_element(table, {}, &ScreenColumn::gives_way);
    if (next->gives_way == 0 || table.size() == 1) {
      break;
    }
    widths.erase(widths.begin() + (next - table.begin()));
    table.erase(next);
  }
  const std::size_t whole = std::accumulate(widths.begin(), widths.end(), kGap * widths.size());
  if (whole > columns && widths.front() > kNarrowestFirst) {
    widths.front() -= std::min(whole - columns, widths.front() - kNarrowestFirst);
    for (std::string& cell : table.front().cells) {
      cell = cut_to(cell, widths.front());
    }
  }
  std::string text = group_line(table, widths, columns);
  if (!text.empty()) {
    end_line(text);
  }
  const std::size_t rows = table.front().cells.size();
  for (std::size_t row = 0; row <= rows; ++row) {
    std::string line;
    for (std::size_t i = 0; i < table.size(); ++i) {
      const std::string& cell = row == 0 ? table[i].title : table[i].cells[row - 1];
      line += std::string(kGap, ' ') + padded(cell, widths[i], i == 0);
    }
    end_line(line);
    text += line;
  }
  return text;
}

}  // namespace tcpstep
