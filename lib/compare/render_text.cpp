#include <fmt/format.h>

#include <algorithm>

#include "lib/base/escape.h"
#include "lib/base/text.h"
#include "lib/compare/render.h"
#include "lib/compare/rows.h"

namespace tcpstep {
namespace {

template <class Titles, class Rows>
std::string grid_of(const Titles& titles, const Rows& rows) {
  TextGrid grid{{titles.begin(), titles.end()}};
  for (const auto& row : rows) {
    const auto cells = cells_of(row);
    grid.emplace_back(cells.begin(), cells.end());
  }
  return align(grid);
}

}  // namespace

std::string render_text(const Comparison& comparison) {
  std::string text =
      fmt::format("{}\n{}\n", visible(headline(comparison)), visible(subject_line(comparison)));
  for (const std::string& remark : remarks(comparison)) {
    text += "  " + visible(remark) + '\n';
  }
  if (!comparison.contrasts.empty()) {
    text += '\n' + grid_of(kContrastTitles, comparison.contrasts);
  }
  if (!comparison.differences.empty()) {
    text += '\n' + grid_of(kExactTitles, comparison.differences);
  }
  return text;
}

}  // namespace tcpstep
