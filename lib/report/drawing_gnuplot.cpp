#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <span>

#include "lib/base/screen_text.h"
#include "lib/report/drawing.h"

namespace tcpstep {
namespace {

// Everything the picture relies on, whatever the user's own gnuplot settings are.
constexpr std::string_view kSettings = R"(reset
set encoding utf8
set datafile separator whitespace
set datafile commentschars '#'
set datafile missing
set decimalsign '.'
set border 3 lw 1 lc rgb '#5a5a5a'
set grid noxtics ytics lc rgb '#e6e6e6' lw 1 dt 1
)";

std::string_view rgb(Color color) {
  static constexpr std::string_view kColors[] = {"0072B2", "D55E00", "E69F00", "009E73", "56B4E9",
                                                 "CC79A7", "8a8a8a", "202020", "707070", "B24A00"};
  return kColors[static_cast<std::size_t>(color)];
}

// Text as gnuplot's string: doubling the quotes makes any text harmless.
std::string literal(std::string_view text) {
  std::string result = "'";
  for (const char c : text) {
    result += c == '\'' ? std::string("''") : std::string(1, c == '\n' ? ' ' : c);
  }
  return result + '\'';
}

std::string label_at(std::string_view text, std::string_view position, std::string_view look) {
  return fmt::format("set label {} at {} front noenhanced {}\n", literal(text), position, look);
}

std::string ticks_of(std::string_view axis, const Axis& values) {
  std::string ticks;
  for (const Tick& tick : values.ticks) {
    fmt::format_to(std::back_inserter(ticks), "{}{} {:.10g}", ticks.empty() ? "" : ", ",
                   literal(tick.text), tick.at);
  }
  ticks = ticks.empty()
              ? fmt::format("unset {}tics", axis)
              : fmt::format("set {}tics nomirror out scale 0.6 textcolor rgb '#404040' ({})", axis,
                            ticks);
  return fmt::format(
      "set {0}range [{1:.10g}:{2:.10g}]\n{3}set logscale {0}\n{4}\n"
      "set {0}label {5} textcolor rgb '#404040' noenhanced\n",
      axis, values.low, values.high, values.is_log ? "" : "un", ticks, literal(values.title));
}

std::string data_of(const Curve& curve) {
  std::string text;
  for (const auto& [x, y, base] : curve.points) {
    if (std::isnan(x)) {
      text += '\n';
    } else {
      fmt::format_to(std::back_inserter(text), "{:.10g} {:.10g} {:.10g}\n", x, y, base);
    }
  }
  return text;
}

std::string plot_of(const Curve& curve, std::string_view data) {
  static constexpr std::string_view kForms[] = {
      "1:2 with lines", "1:2 with points pt 7 ps 0.5",
      "1:2:3 with filledcurves fs transparent solid 0.22 noborder"};
  static constexpr std::string_view kOpacities[] = {"", "a0", "60"};
  return fmt::format("{} using {} lc rgb '#{}{}'{} {}", data,
                     kForms[static_cast<std::size_t>(curve.form)],
                     kOpacities[static_cast<std::size_t>(curve.stroke)], rgb(curve.color),
                     curve.stroke == Stroke::Dashed ? " lw 1 dt (6,5)" : " lw 1.8",
                     curve.key.empty() ? "notitle" : "title " + literal(curve.key) + " noenhanced");
}

std::string label_of(const Drawing& drawing, const Label& label) {
  static constexpr std::string_view kAligns[] = {"left offset 0.6,0", "center",
                                                 "right offset -0.6,0"};
  return label_at(
      label.text,
      fmt::format("first {:.10g}, screen {:.4f}", label.x, 1 - label.y / drawing.height),
      fmt::format("{} font ',{}' tc rgb '#{}'", kAligns[static_cast<std::size_t>(label.align)],
                  label.is_strong ? 11 : 9, rgb(label.color)));
}

std::string panel_of(const Drawing& drawing, const Panel& panel, std::size_t first_block) {
  const auto& [left, right, top, bottom] = panel.frame;
  const auto x = [&](double pixels) { return pixels / drawing.width; };
  const auto y = [&](double pixels) { return 1 - pixels / drawing.height; };
  std::string text = fmt::format(
      "set lmargin at screen {:.4f}\nset rmargin at screen {:.4f}\nset tmargin at screen {:.4f}\n"
      "set bmargin at screen {:.4f}\n{}{}"
      "set key at screen {:.4f},{:.4f} left center horizontal reverse Left samplen 1.8 width 1 "
      "tc rgb '#303030'\n",
      x(left), x(right), y(top), y(bottom), ticks_of("x", panel.x), ticks_of("y", panel.y), x(left),
      y(top - 16));
  for (const Label& label : panel.labels) {
    text += label_of(drawing, label);
  }
  std::string plot;
  for (std::size_t i = 0; i < panel.curves.size(); ++i) {
    plot += (i == 0 ? "plot " : ", ") +
            plot_of(panel.curves[i], fmt::format("$curve{}", first_block + i));
  }
  return text + plot + "\nunset label\n";
}

// A PDF of 96 pixels to the inch looks as the PNG does.
std::string terminal_of(const Drawing& drawing, std::string_view format) {
  const double width = drawing.width;
  const double height = drawing.height;
  return format == "svg"
             ? fmt::format("svg size {},{} dynamic font 'DejaVu Sans,13'", width, height)
         : format == "pdf"
             ? fmt::format("pdfcairo size {}in,{}in font 'DejaVu Sans,11'", width / 96, height / 96)
             : fmt::format("pngcairo size {},{} font 'DejaVu Sans,11'", width, height);
}

constexpr std::size_t kLongestTitle = 136;  // characters, in the smallest letters

// `usual`, or smaller where a line has more characters than have room in that size.
double letter_size(std::string_view line, double usual, double room) {
  const double shrunk = usual * room / std::max<double>(1, static_cast<double>(columns_of(line)));
  return std::clamp(shrunk, usual * 0.66, usual);
}

}  // namespace

std::string gnuplot_script(const Drawing& drawing, std::span<const std::string> formats) {
  std::string data;
  std::string panels;
  std::size_t blocks = 0;
  for (const Panel& panel : drawing.panels) {
    panels += panel_of(drawing, panel, blocks);
    for (const Curve& curve : panel.curves) {
      data += fmt::format("$curve{} << EOD\n{}EOD\n", blocks++, data_of(curve));
    }
  }
  if (drawing.panels.size() > 1) {
    panels = "set multiplot\n" + panels + "unset multiplot\n";
  }
  const auto place = [&](double y) {
    return fmt::format("screen {:.4f},{:.4f}", 15 / drawing.width, 1 - y / drawing.height);
  };
  std::string head = label_at(cut_to(drawing.title, kLongestTitle), place(30),
                              fmt::format("font 'DejaVu Sans:Bold,{:.3g}' tc rgb '#202020'",
                                          letter_size(drawing.title, 15, 90)));
  for (std::size_t i = 0; i < drawing.subtitle.size(); ++i) {
    head += label_at(
        drawing.subtitle[i], place(58 + 19 * static_cast<double>(i)),
        fmt::format("font ',{:.3g}' tc rgb '#606060'", letter_size(drawing.subtitle[i], 10, 165)));
  }
  std::string script = "# Drawn by tcpstep-analyze; gnuplot 5.4 or later draws it again.\n" +
                       std::string(kSettings) + data;
  for (const std::string& format : formats) {
    script += fmt::format(
        "set terminal {} background rgb 'white' rounded\nset output '{}.{}'\n{}{}unset output\n",
        terminal_of(drawing, format), drawing.name, format, head, panels);
  }
  return script;
}

}  // namespace tcpstep
