#include <fmt/format.h>

#include <algorithm>

#include "lib/base/text.h"
#include "lib/report/render_matrix.h"

namespace tcpstep {
namespace {

constexpr std::string_view kHeatPalette =
    "0 '#f1f5fa', 1 '#dce8f4', 2 '#c1d8ec', 3 '#9ec5e3', 4 '#75aed7', 5 '#4b94c7', 6 '#2b78b3', "
    "7 '#145a94', 8 '#08386b'";

// In single quotes gnuplot reads nothing but ''.
std::string single_quoted(std::string_view text) {
  std::string result = "'";
  for (const char c : printable(text)) {
    result += c == '\'' ? std::string("''") : std::string(1, c);
  }
  return result + "'";
}

std::string ticks(const Matrix& matrix, std::string_view axis) {
  std::string list;
  for (std::size_t place = 0; place < matrix.clusters.order.size(); ++place) {
    list += fmt::format("{}{} {}", place == 0 ? "" : ", ",
                        single_quoted(matrix.hosts[matrix.clusters.order[place]]), place);
  }
  return fmt::format("set {}tics ({}){}\n", axis, list, axis == "x" ? " rotate" : "");
}

}  // namespace

std::string gnuplot_heat_map(const Matrix& matrix) {
  const std::vector<std::size_t>& order = matrix.clusters.order;
  const double unit = matrix.statistic.is_rtt() ? 1e-6 : 100;
  std::string data;
  for (const std::size_t from : order) {
    for (const std::size_t to : order) {
      const MatrixCell* cell = matrix.find(from, to);
      data += cell != nullptr && cell->value ? fmt::format("{:.6g} ", *cell->value * unit) : "NaN ";
    }
    data += '\n';
  }
  const auto count = static_cast<double>(order.size());
  const double side = std::clamp(12 * count, 300.0, 1600.0);
  const double letters = std::clamp(side / count, 6.0, 12.0);
  std::string script = fmt::format(
      "# Drawn by tcpstep-analyze; gnuplot 5.4 or later draws it again.\n"
      "set termoption noenhanced\nset key off\nset size ratio 1\nset tics out nomirror\n{}{}"
      "set xrange [-0.5:{}.5]\nset yrange [{}.5:-0.5]\nset xlabel 'to'\nset ylabel 'from'\n"
      "set palette defined ({})\nset cblabel '{}'\n{}$matrix << EOD\n{}EOD\n",
      ticks(matrix, "x"), ticks(matrix, "y"), order.size() - 1, order.size() - 1, kHeatPalette,
      matrix.statistic.is_rtt() ? "ms" : "%", matrix.statistic.is_rtt() ? "set logscale cb\n" : "",
      data);
  for (const std::string_view format : {"png", "svg"}) {
    script += fmt::format(
        "set terminal {} size {:.0f},{:.0f} font 'DejaVu Sans,{:.0f}' background rgb 'white' "
        "noenhanced\nset output 'matrix.{}'\nset title {} font ',12'\n"
        "plot $matrix matrix using 1:2:3 with image pixels\nunset output\n",
        format == "png" ? "pngcairo" : "svg", side + 220, side + 160, letters, format,
        single_quoted(title_of(matrix.statistic)));
  }
  return script;
}

}  // namespace tcpstep
