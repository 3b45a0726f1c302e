// The parts that pages share.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/warning_table.h"

namespace tcpstep {

// Columns of a table; on a phone spare ones are left out, and words wrap.
inline constexpr std::string_view kSpare = " class=\"spare\"";
inline constexpr std::string_view kWords = " class=\"words\"";
struct PageColumn {
  std::string title;
  std::string_view look = {};
};

// The first cell of each row heads it. Cells are HTML, titles are escaped.
[[nodiscard]] std::string page_table(const std::vector<PageColumn>& columns,
                                     const std::vector<std::vector<std::string>>& rows);

// Each with its remedy.
[[nodiscard]] std::string warning_paragraphs(std::span<const Warning> warnings);

// A small line of levels, from the oldest to the newest; of very many, medians. Empty if there are
// less than two.
[[nodiscard]] std::string trend_line(const std::vector<double>& levels);

}  // namespace tcpstep
