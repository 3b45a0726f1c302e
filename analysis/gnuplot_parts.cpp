#include "analysis/gnuplot_parts.h"

#include <fmt/format.h>

#include <cmath>

namespace tcpstep {

// Names were checked when they arrived; doubling the quotes makes any text harmless all the same.
std::string quoted(std::string_view text) {
  std::string result = "'";
  for (const char c : text) {
    result += c == '\'' ? std::string("''") : std::string(1, c == '\n' ? ' ' : c);
  }
  return result + '\'';
}

std::string label(std::string_view text, std::string_view position, std::string_view look) {
  return fmt::format("set label {} at {} front noenhanced {}\n", quoted(text), position, look);
}

std::string title_and_subtitle(std::string_view title, std::string_view subtitle) {
  return label(title, "screen 0.012,0.955", "font 'DejaVu Sans:Bold,15' tc rgb '#202020'") +
         label(subtitle, "screen 0.012,0.905", "font ',11' tc rgb '#606060'");
}

PlotUnit unit_for(Duration smallest) {
  return smallest < std::chrono::milliseconds(2) ? PlotUnit{1e3, "µs"} : PlotUnit{1e6, "ms"};
}

// Labels at 1, 2, 3, 5 and 7 times a power of ten: a log axis here spans one or two decades.
std::string log_axis(double low, double high) {
  std::string tics;
  const int first_decade = static_cast<int>(std::floor(std::log10(low)));
  for (int decade = first_decade; std::pow(10, decade) <= high; ++decade) {
    for (const int step : {1, 2, 3, 5, 7}) {
      tics += fmt::format("{}{:g}", tics.empty() ? "" : ",", step * std::pow(10, decade));
    }
  }
  return fmt::format("set logscale y\nunset mytics\nset format y '%g'\nset ytics ({})\n", tics);
}

std::string draw_script(const std::string& name, const std::string& plot, bool has_svg) {
  const auto one = [&](std::string_view terminal, std::string_view suffix) {
    return fmt::format(
        "set terminal {} background rgb 'white' rounded\nset output '{}.{}'\n{}unset output\n",
        terminal, name, suffix, plot);
  };
  std::string text = one("pngcairo size 1200,675 font 'DejaVu Sans,11'", "png");
  if (has_svg) {
    text += one("svg size 1200,675 dynamic font 'DejaVu Sans,13'", "svg");
  }
  return text;
}

}  // namespace tcpstep
