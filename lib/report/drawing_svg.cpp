#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "lib/base/escape.h"
#include "lib/report/drawing.h"

namespace tcpstep {
namespace {

std::string text_at(double x, double y, std::string_view look, std::string_view text) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" class=\"{}\">{}</text>\n", x, y, look,
                     xml_escaped(text));
}

std::string line_between(double x1, double y1, double x2, double y2, std::string_view look) {
  return fmt::format("<path d=\"M{:.1f},{:.1f}L{:.1f},{:.1f}\" class=\"{}\"/>\n", x1, y1, x2, y2,
                     look);
}

std::string axes_of(const Panel& panel) {
  const auto& [left, right, top, bottom] = panel.frame;
  std::string svg;
  for (const Tick& tick : panel.y.ticks) {
    const double y = panel.y_pixel(tick.at);
    svg +=
        line_between(left, y, right, y, "grid") + text_at(left - 8, y + 4, "muted end", tick.text);
  }
  for (const Tick& tick : panel.x.ticks) {
    const double x = panel.x_pixel(tick.at);
    svg += line_between(x, bottom, x, bottom + 4, "axis") +
           text_at(x, bottom + 18, "muted middle", tick.text);
  }
  return svg + line_between(left, top, left, bottom, "axis") +
         line_between(left, bottom, right, bottom, "axis") +
         text_at((left + right) / 2, bottom + 36, "muted middle", panel.x.title) +
         fmt::format(
             "<text transform=\"translate({:.0f} {:.0f}) rotate(-90)\" "
             "class=\"muted middle\">{}</text>\n",
             left - 48, (top + bottom) / 2, xml_escaped(panel.y.title));
}

std::string_view name_of(Color color) {
  static constexpr std::string_view kNames[] = {"blue",   "vermilion", "gold", "green", "sky",
                                                "purple", "gray",      "text", "muted", "brown"};
  return kNames[static_cast<std::size_t>(color)];
}

std::string shape(const Curve& curve, const std::string& path) {
  static constexpr std::string_view kForms[] = {"line", "dots", "band"};
  static constexpr std::string_view kStrokes[] = {"", " faint", " dashed"};
  return fmt::format("<path d=\"{}\" class=\"{} {}{}\"/>\n", path,
                     kForms[static_cast<std::size_t>(curve.form)], name_of(curve.color),
                     kStrokes[static_cast<std::size_t>(curve.stroke)]);
}

// A dot is a line without length whose ends are round; a band goes back along its base.
std::string drawn(const Panel& panel, const Curve& curve) {
  std::string path;
  bool is_new = true;
  const auto add = [&](double x, double y) {
    fmt::format_to(std::back_inserter(path), "{}{:.1f},{:.1f}{}", is_new ? "M" : "L",
                   panel.x_pixel(x), panel.y_pixel(y), curve.form == Form::Dots ? "h0" : "");
    is_new = curve.form == Form::Dots;
  };
  for (const Point& point : curve.points) {
    if (std::isnan(point.x)) {
      is_new = true;
    } else {
      add(point.x, point.y);
    }
  }
  if (curve.form == Form::Band) {
    std::for_each(curve.points.rbegin(), curve.points.rend(),
                  [&](const Point& point) { add(point.x, point.base); });
  }
  return shape(curve, path);
}

std::string drawn(const Panel& panel, const Label& label) {
  static constexpr std::string_view kAligns[] = {"", " middle", " end"};
  static constexpr double kShifts[] = {5, 0, -5};
  const auto align = static_cast<std::size_t>(label.align);
  return text_at(
      panel.x_pixel(label.x) + kShifts[align], label.y + 4,
      fmt::format("{}{}{}", name_of(label.color), kAligns[align], label.is_strong ? " strong" : ""),
      label.text);
}

// Above the plot: a sample of each curve and what it means.
std::string key_of(const Panel& panel) {
  std::string svg;
  double x = panel.frame.left;
  const double y = panel.frame.top - 16;
  for (const Curve& curve : panel.curves) {
    if (curve.key.empty()) {
      continue;
    }
    svg +=
        shape(curve, curve.form == Form::Band
                         ? fmt::format("M{:.0f},{:.0f}h24v-10h-24Z", x, y + 1)
                         : fmt::format("M{:.0f},{:.0f}h{}", curve.form == Form::Dots ? x + 12 : x,
                                       y - 4, curve.form == Form::Dots ? 0 : 24)) +
        text_at(x + 30, y, "text", curve.key);
    x += 56 + 6.6 * static_cast<double>(curve.key.size());
  }
  return svg;
}

}  // namespace

std::string svg(const Drawing& drawing) {
  std::string svg =
      fmt::format("<svg viewBox=\"0 0 {:.0f} {:.0f}\" role=\"img\" aria-label=\"{}\">\n",
                  drawing.width, drawing.height, xml_escaped(drawing.title));
  for (const Panel& panel : drawing.panels) {
    svg += axes_of(panel);
    for (const Curve& curve : panel.curves) {
      svg += drawn(panel, curve);
    }
    for (const Label& label : panel.labels) {
      svg += drawn(panel, label);
    }
    svg += key_of(panel);
  }
  return svg + "</svg>\n";
}

}  // namespace tcpstep
