// A matrix of hosts as text for people, CSV, JSON and a page.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "lib/base/screen_text.h"
#include "lib/report/drawing.h"
#include "lib/report/matrix.h"

namespace tcpstep {

// The table, in one unit, and in a few parts where the screen is narrow; what is out of line, the
// worst and the most asymmetric paths.
[[nodiscard]] std::string render_text(const Matrix& matrix, const Screen& screen = {});
// A line for each path; times in ns, shares in percent, empty where not available.
[[nodiscard]] std::string render_csv(const Matrix& matrix);
// {"format": "tcpstep-matrix/1", ...}; null where not available.
[[nodiscard]] std::string render_json(const Matrix& matrix);
// One page that needs nothing else, with a heat map: pointing at a cell, or tapping it, tells what
// its path is like.
[[nodiscard]] std::string render_html(const Matrix& matrix);
// The heat map alone, as a gnuplot script that draws matrix.<format> of each format (png, svg,
// pdf).
[[nodiscard]] std::string gnuplot_heat_map(const Matrix& matrix,
                                           std::span<const std::string> formats);

// --- For the renderers ---

// "RTT of the smallest size", "penalty of a second packet".
[[nodiscard]] std::string title_of(const MatrixStatistic& statistic);
// "1.23 ms", "+30 %"; with a sign if it is a difference.
[[nodiscard]] std::string value_text(const MatrixStatistic& statistic, double value);
[[nodiscard]] std::string difference_text(const MatrixStatistic& statistic, double difference);
// The values of a table or heat map: RTTs in the unit of the largest one, so that there is one
// unit; the smallest one has three digits where there is room for them.
class GridValues {
 public:
  explicit GridValues(const Matrix& matrix);

  // ", in ms"; nothing where each value says what it is.
  [[nodiscard]] std::string unit() const;
  [[nodiscard]] std::string text_of(double value) const;

 private:
  MatrixStatistic statistic_;
  RttUnit unit_ = unit_for(Duration(0));
  int decimals_ = 0;
};
// "5 hosts, 20 paths, 40 runs, 2026-11-28 01:10 to 02:10 UTC".
[[nodiscard]] std::string extent_text(const Matrix& matrix);
// A line for each finding: "h3: +5.02 ms on its paths"; what kind it is stands before it.
struct FindingLine {
  std::string kind;  // "slow host", "slow path", "smaller MSS"
  std::string text;
};
[[nodiscard]] std::vector<FindingLine> finding_lines(const Matrix& matrix);
// What is missing of n·(n-1) paths, and why there is no fit; empty if there is nothing to note.
[[nodiscard]] std::vector<std::string> matrix_caveats(const Matrix& matrix);
// Its warnings, each after the hosts that it is about: "n1, n2: Packets are merged …".
[[nodiscard]] std::vector<Warning> warnings_of(const Matrix& matrix);

}  // namespace tcpstep
