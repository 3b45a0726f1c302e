// What the gnuplot scripts of all pictures share.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/units.h"

namespace tcpstep {

// Text as gnuplot's string: no text becomes a command.
[[nodiscard]] std::string quoted(std::string_view text);

// "set label" at a position, without markup.
[[nodiscard]] std::string label(std::string_view text, std::string_view position,
                                std::string_view look);
[[nodiscard]] std::string title_and_subtitle(std::string_view title, std::string_view subtitle);

// "set logscale y" with labels at 1, 2, 3, 5 and 7 times a power of ten.
[[nodiscard]] std::string log_axis(double low, double high);

// Draws `plot` as <name>.png and, if wanted, once more as <name>.svg.
[[nodiscard]] std::string draw_script(const std::string& name, const std::string& plot,
                                      bool has_svg);

// Microseconds below 2 ms, milliseconds above.
struct PlotUnit {
  double nanoseconds;
  std::string_view name;

  [[nodiscard]] double of(Duration duration) const {
    return static_cast<double>(duration.count()) / nanoseconds;
  }
};
[[nodiscard]] PlotUnit unit_for(Duration smallest);

// Okabe and Ito's colours, which colour-blind readers can tell apart; open frame, light grid.
inline constexpr std::string_view kPlotStyle = R"(set encoding utf8
set border 3 lw 1 lc rgb '#5a5a5a'
set tics nomirror out scale 0.6 textcolor rgb '#404040'
set grid y lc rgb '#e6e6e6' lw 1 dt 1
set tmargin at screen 0.855
set rmargin at screen 0.975
set xlabel 'payload (bytes)' textcolor rgb '#404040'
set style line 1 lc rgb '#0072B2' lw 2.2 pt 7
set style line 2 lc rgb '#D55E00' lw 1.6
set style line 3 lc rgb '#E69F00' lw 1.6
set style line 20 lc rgb '#b8b8b8' lw 1 dt (6,5)
)";

}  // namespace tcpstep
