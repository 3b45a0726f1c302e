#include <fmt/format.h>

#include <array>
#include <utility>
#include <vector>

#include "lib/base/escape.h"
#include "lib/base/text.h"
#include "lib/compare/render.h"
#include "lib/compare/rows.h"
#include "lib/report/render.h"

namespace tcpstep {
namespace {

// What gives way first where there is no room: p, the interval, the times, those before first.
constexpr std::array<unsigned, 8> kContrastsGiveWay{0, 0, 2, 1, 0, 3, 4, 0};
// How many pings differ, the floor.
constexpr std::array<unsigned, 6> kExactGiveWay{0, 1, 3, 2, 0, 0};

template <class Rows>
TextGrid grid_of(const Rows& rows) {
  TextGrid grid;
  for (const auto& cells : rows) {
    grid.emplace_back(cells.begin(), cells.end());
  }
  return grid;
}

}  // namespace

std::string render_text(const Comparison& comparison, const Screen& screen) {
  std::string text = wrapped(visible(headline(comparison)), screen.columns) +
                     wrapped(visible(subject_line(comparison)), screen.columns);
  for (const std::string& remark : remarks(comparison)) {
    text += wrapped(visible(remark), screen.columns, "  ", "    ");
  }
  if (!comparison.contrasts.empty()) {
    text += '\n' + rows_text(kContrastTitles, kContrastsGiveWay, grid_of(contrast_rows(comparison)),
                             screen);
  }
  if (!comparison.differences.empty()) {
    text += '\n' + rows_text(kExactTitles, kExactGiveWay, grid_of(exact_rows(comparison)), screen);
  }
  return text + warnings_text(comparison.caption.warnings, screen);
}

}  // namespace tcpstep
