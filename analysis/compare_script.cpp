#include "analysis/compare_script.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "analysis/gnuplot_parts.h"
#include "lib/base/text.h"
#include "lib/compare/render.h"
#include "lib/compare/rows.h"

namespace tcpstep {
namespace {

constexpr std::string_view kBaseline = "#0072B2";
constexpr std::string_view kCandidate = "#D55E00";
constexpr std::string_view kFaster = "#009E73";
constexpr std::string_view kSame = "#8a8a8a";
constexpr double kMostBoundaries = 40;  // more cannot be told apart

double percent_of(double log_change) {
  return 100 * std::expm1(log_change);
}

std::string data_of(const Comparison& comparison, const PlotUnit& unit) {
  std::string text = "$sizes << EOD\n";
  for (const SizeChange& size : comparison.by_size) {
    const auto side = [&](const SizeLevel& level) {
      return fmt::format("{:.6g} {:.6g} {:.6g}", level.middle / unit.nanoseconds,
                         level.low / unit.nanoseconds, level.high / unit.nanoseconds);
    };
    const double tolerance = comparison.settings.tolerance;
    const bool is_sure = size.low && std::isfinite(*size.low) && std::isfinite(*size.high);
    const double low = is_sure ? *size.low : size.change;
    const double high = is_sure ? *size.high : size.change;
    const bool is_slower = std::expm1(low) > 0 && std::expm1(size.change) > tolerance;
    const bool is_faster = std::expm1(high) < 0 && std::expm1(size.change) < -tolerance;
    const std::string_view colour = is_slower ? kCandidate : is_faster ? kFaster : kSame;
    fmt::format_to(std::back_inserter(text), "{} {} {} {:.4f} {:.4f} {:.4f} 0x{}\n",
                   size.size.bytes(), side(size.baseline), side(size.candidate),
                   percent_of(size.change), percent_of(low), percent_of(high), colour.substr(1));
  }
  return text + "EOD\n";
}

std::string boundaries(const Comparison& comparison, double right) {
  std::string text;
  if (!comparison.mss || right / comparison.mss->bytes() > kMostBoundaries) {
    return text;
  }
  for (std::uint32_t k = 1; k * comparison.mss->bytes() < right; ++k) {
    text += fmt::format("set arrow from {0}, graph 0 to {0}, graph 1 nohead ls 20 back\n",
                        k * comparison.mss->bytes());
  }
  return text;
}

}  // namespace

PlotScript compare_script(const Comparison& comparison) {
  const std::string name = "compare-" + comparison.link;
  double least = INFINITY;
  double most_change = 0;
  bool is_tested = false;
  for (const SizeChange& size : comparison.by_size) {
    least = std::min({least, size.baseline.low, size.candidate.low});
    most_change = std::max({most_change, std::abs(percent_of(size.change))});
    is_tested = is_tested || size.low.has_value();
  }
  const PlotUnit unit = unit_for(Duration(std::llround(least)));
  const double right = comparison.by_size.back().size.bytes() * 1.01 + 1;
  const double tolerance = 100 * comparison.settings.tolerance;
  std::string text =
      "# Baseline and candidate by payload size, and what changed. Drawn by tcpstep-analyze "
      "compare.\n" +
      data_of(comparison, unit) + std::string(kPlotStyle) +
      fmt::format("set xrange [{}:{}]\n", -0.006 * right, right) + boundaries(comparison, right);
  const std::string above =
      title_and_subtitle(headline(comparison), subject_line(comparison)) +
      fmt::format(
          "set lmargin at screen 0.075\nset tmargin at screen 0.855\nset bmargin at screen 0.43\n"
          "set format x ''\nset format y '%g'\nunset xlabel\n"
          "set ylabel 'floor of the RTT ({})' textcolor rgb '#404040' offset 0.5,0\n"
          "set autoscale y\nset offsets 0,0,graph 0.08,0\n"
          "set key at graph 0.01,0.97 left top Left reverse samplen 2 tc rgb '#303030'\n"
          "plot $sizes using 1:3:4 with filledcurves fs transparent solid 0.2 noborder lc rgb "
          "'{}' notitle, "
          "$sizes using 1:6:7 with filledcurves fs transparent solid 0.2 noborder lc rgb '{}' "
          "notitle, "
          "$sizes using 1:2 with linespoints ls 1 ps 0.45 title 'baseline: median of {}, band: "
          "quartiles', "
          "$sizes using 1:5 with linespoints lw 2.2 pt 5 ps 0.45 lc rgb '{}' title 'candidate: "
          "median of {}'\n",
          unit.name, kBaseline, kCandidate, count_of(comparison.baseline.runs, "run"), kCandidate,
          count_of(comparison.candidate.runs, "run"));
  const std::string below = fmt::format(
      "unset label\nset tmargin at screen 0.39\nset bmargin at screen 0.10\nset format x '%g'\n"
      "set xlabel 'payload (bytes)' textcolor rgb '#404040'\n"
      "set ylabel 'change (%)' textcolor rgb '#404040' offset 0.5,0\nset format y '%+g'\n"
      "set offsets 0,0,0,0\nunset key\n"
      "set object 1 rect from graph 0, first -{0} to graph 1, first {0} fc rgb '#eeeeee' fs solid "
      "1 noborder behind\n"
      "set xzeroaxis lc rgb '#5a5a5a' lw 1\nset yrange [*<-{1}:{1}<*]\n"
      "{2}"
      "plot $sizes using 1:8:9:10:11 with yerrorbars pt 7 ps 0.5 lw 1 lc rgb variable\n",
      tolerance, 1.8 * tolerance,
      label(fmt::format("{}tolerance ±{:g} %", is_tested ? "95 % interval of each size; " : "",
                        tolerance),
            fmt::format("graph 0.992, first -{}", tolerance),
            "offset 0,-0.8 right font ',9' tc rgb '#707070'"));
  const std::string plot = "set multiplot\n" + above + below +
                           "unset multiplot\nunset object 1\nset yrange [*:*]\nunset xzeroaxis\n";
  return {.name = name, .text = text + draw_script(name, plot, true), .has_svg = true};
}

}  // namespace tcpstep
