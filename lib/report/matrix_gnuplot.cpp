#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <sstream>

#include "lib/base/screen_text.h"
#include "lib/base/text.h"
#include "lib/report/drawing.h"
#include "lib/report/link_captions.h"
#include "lib/report/render_matrix.h"

namespace tcpstep {
namespace {

constexpr std::string_view kHeatPalette =
    "0 '#f1f5fa', 1 '#dce8f4', 2 '#c1d8ec', 3 '#9ec5e3', 4 '#75aed7', 5 '#4b94c7', 6 '#2b78b3', "
    "7 '#145a94', 8 '#08386b'";

constexpr int kColorMarks = 6;

// In single quotes gnuplot reads nothing but ''.
std::string single_quoted(std::string_view text) {
  constexpr std::size_t kLongest = 300;
  std::string result = "'";
  for (const char c : printable(text, kLongest)) {
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

// What the matrix shows, and below it what spoils its numbers, in lines of the picture's width.
std::string title(const Matrix& matrix, double width, double& height) {
  constexpr double kLetter = 11;  // pixels, with room for a title beside the middle
  constexpr double kLine = 18;
  std::string title = single_quoted(title_of(matrix.statistic));
  const std::string warnings = warning_line(warnings_of(matrix));
  std::istringstream lines(warnings.empty()
                               ? std::string()
                               : wrapped(warnings, static_cast<std::size_t>(width / kLetter)));
  for (std::string line; std::getline(lines, line);) {
    title += fmt::format(".\"\\n\".{}", single_quoted(line));
    height += kLine;
  }
  return title;
}

}  // namespace

std::string gnuplot_heat_map(const Matrix& matrix, std::span<const std::string> formats) {
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
  std::string range;
  if (const auto worst = matrix.worst(); !worst.empty()) {
    double low = *worst.back()->value * unit;
    double high = *worst.front()->value * unit;
    if (low == high) {  // no range of its own
      const double margin = low == 0 ? 1 : 0.1 * std::abs(low);
      low -= margin;
      high += margin;
    }
    std::string marks;
    const bool is_wide = matrix.statistic.is_rtt() && high > 3 * low;
    for (const auto& [value, text] : round_axis({}, low, high, kColorMarks, is_wide).ticks) {
      marks += fmt::format("{}{} {:.6g}", marks.empty() ? "" : ",", single_quoted(text), value);
    }
    range = fmt::format("set cbrange [{:.6g}:{:.6g}]\nset cbtics ({})\n", low, high, marks);
  }
  const auto count = static_cast<double>(order.size());
  const double side = std::clamp(12 * count, 300.0, 1600.0);
  const double letters = std::clamp(side / count, 6.0, 12.0);
  std::string script = fmt::format(
      "# Drawn by tcpstep-analyze; gnuplot 5.4 or later draws it again.\n"
      "set termoption noenhanced\nset key off\nset size ratio 1\nset tics out nomirror\n{}{}"
      "set xrange [-0.5:{}.5]\nset yrange [{}.5:-0.5]\nset xlabel 'to'\nset ylabel 'from'\n"
      "set palette defined ({})\nset cblabel '{}'\n{}{}$matrix << EOD\n{}EOD\n",
      ticks(matrix, "x"), ticks(matrix, "y"), order.size() - 1, order.size() - 1, kHeatPalette,
      matrix.statistic.is_rtt() ? "ms" : "%", matrix.statistic.is_rtt() ? "set logscale cb\n" : "",
      range, data);
  const double width = side + 220;
  double height = side + 160;
  const std::string name = title(matrix, width, height);
  for (const std::string& format : formats) {
    const std::string terminal =
        format == "pdf" ? fmt::format("pdfcairo size {:.2f}in,{:.2f}in", width / 96, height / 96)
                        : fmt::format("{} size {:.0f},{:.0f}", format == "png" ? "pngcairo" : "svg",
                                      width, height);
    script += fmt::format(
        "set terminal {} font 'DejaVu Sans,{:.0f}' background rgb 'white' noenhanced\n"
        "set output 'matrix.{}'\nset title {} font ',12'\n"
        "plot $matrix matrix using 1:2:3 with image pixels\nunset output\n",
        terminal, letters, format, name);
  }
  return script;
}

}  // namespace tcpstep
