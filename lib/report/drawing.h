// A picture as data: what is drawn where is computed once; svg() and gnuplot_script() draw
// it. Values are in the units of the axes, the layout is in pixels.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/units.h"

namespace tcpstep {

// Okabe and Ito's palette, which color-blind readers can tell apart, and the colors of text.
enum class Color : std::uint8_t {
  Blue,
  Vermilion,
  Gold,
  Green,
  Sky,
  Purple,
  Gray,
  Text,
  Muted,
  Brown
};

struct Tick {
  double at;
  std::string text;
};

struct Axis {
  std::string title = {};
  double low = 0;
  double high = 1;
  bool is_log = false;
  std::vector<Tick> ticks = {};

  // Where a value lies: 0 at the low end, 1 at the high end.
  [[nodiscard]] double share(double value) const;
};

struct Point {
  double x;
  double y;
  double base = 0;  // where a band begins
};
inline constexpr Point kGap{std::numeric_limits<double>::quiet_NaN(), 0};  // interrupts a line

enum class Form : std::uint8_t { Line, Dots, Band };
enum class Stroke : std::uint8_t { Solid, Faint, Dashed };

struct Curve {
  Form form;
  Color color;
  std::string key = {};  // what it means; empty: not in the key
  std::vector<Point> points = {};
  Stroke stroke = Stroke::Solid;
};

enum class Align : std::uint8_t { Left, Center, Right };

// A value that a page shows where it is pointed at or tapped.
struct Spot {
  double x;
  double y;
  std::string text;
};

struct Label {
  double x;  // on the axis
  double y;  // pixels from the top of the picture
  std::string text;
  Color color = Color::Text;
  Align align = Align::Center;
  bool is_strong = false;
};

// Pixels from the left and the top of the picture.
struct Frame {
  double left;
  double right;
  double top;
  double bottom;
};

struct Panel {
  Frame frame;
  Axis x = {};
  Axis y = {};
  std::vector<Curve> curves = {};  // later ones lie on top; none is empty
  std::vector<Label> labels = {};
  std::vector<Spot> spots = {};

  [[nodiscard]] double x_pixel(double value) const;
  [[nodiscard]] double y_pixel(double value) const;
};

// What a picture is drawn on.
struct Sheet {
  double width;
  double height;
  Frame plot;
};
inline constexpr Sheet kPicture{1200, 675, {84, 1176, 120, 613}};    // below title and subtitle
inline constexpr Sheet kFigure{920, 420, {62, 896, 30, 374}};        // of a page, without these
inline constexpr Sheet kNarrowFigure{360, 400, {46, 352, 92, 356}};  // the same, for a phone

struct Drawing {
  std::string name = {};  // of files, without suffix: "closeup-lan"
  std::string title = {};
  std::vector<std::string> subtitle = {};  // at most two lines
  double width = kPicture.width;
  double height = kPicture.height;
  std::vector<Panel> panels = {};

  // More than 5000 points make an SVG larger than anyone wants.
  [[nodiscard]] bool is_small() const;
};

// Back ends. The SVG has no title and subtitle, and the page's style sheet gives its classes their
// look; the script draws <name>.<format> of each format (png, svg, pdf) into the current folder. No
// text in a drawing becomes markup or a command.
[[nodiscard]] std::string svg(const Drawing& drawing);
[[nodiscard]] std::string gnuplot_script(const Drawing& drawing,
                                         std::span<const std::string> formats);

// An axis with about `count` ticks at round values; a log axis has at least five, where possible.
// 0 < low on a log axis.
[[nodiscard]] Axis round_axis(std::string title, double low, double high, int count = 6,
                              bool is_log = false);

// "RTT (µs)", or "RTT (µs), axis starts at 13 µs" if `low` is above zero.
[[nodiscard]] std::string axis_title(std::string_view quantity, std::string_view unit, double low);

// An axis around all that the curves hold, with room below and above as shares of their span.
[[nodiscard]] Axis axis_around(std::string_view quantity, std::string_view unit,
                               const std::vector<Curve>& curves, double below, double above);

// Payload sizes from 0 to beyond `largest`, on `width` pixels: ticks at multiples of the MSS if
// there is one below.
[[nodiscard]] Axis payload_axis(PayloadSize largest, std::optional<Mss> mss, double width);

// Dashed lines at the multiples of the MSS, as many as can be told apart. The axes are known.
void add_boundaries(Panel& panel, std::optional<Mss> mss);

// Labels for the right ends of lines: `y` is the value there. Each is placed at its value, or as
// near as possible without overlapping another one; where there is no room for all, some are left
// out.
void add_end_labels(Panel& panel, std::vector<Label> labels);

// Microseconds below 2 ms, milliseconds above.
struct RttUnit {
  double ns;
  std::string_view name;

  [[nodiscard]] double of(Duration duration) const {
    return static_cast<double>(duration.count()) / ns;
  }
};
[[nodiscard]] RttUnit unit_for(Duration smallest);

}  // namespace tcpstep
