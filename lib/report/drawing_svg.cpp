#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <vector>

#include "lib/base/escape.h"
#include "lib/report/drawing.h"

namespace tcpstep {
namespace {

constexpr double kRoomForTitle = 55;  // pixels left of the axis

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
         (left < kRoomForTitle
              ? text_at(0, 14, "muted", panel.y.title)  // above all, on a narrow picture
              : fmt::format("<text transform=\"translate({:.0f} {:.0f}) rotate(-90)\" "
                            "class=\"muted middle\">{}</text>\n",
                            left - 48, (top + bottom) / 2, xml_escaped(panel.y.title)));
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

// Above the plot: a sample of each curve and what it means, in as many rows as it takes.
std::string key_of(const Panel& panel) {
  constexpr double kRow = 18;
  struct Entry {
    const Curve* curve;
    double x;
    double row;
  };
  std::vector<Entry> entries;
  double x = panel.frame.left;
  double row = 0;
  for (const Curve& curve : panel.curves) {
    if (curve.key.empty()) {
      continue;
    }
    const double width = 56 + 6.6 * static_cast<double>(curve.key.size());
    if (x > panel.frame.left && x + width - 26 > panel.frame.right) {
      x = panel.frame.left;
      ++row;
    }
    entries.push_back({&curve, x, row});
    x += width;
  }
  std::string svg;
  for (const Entry& entry : entries) {
    const double y = panel.frame.top - 16 - kRow * (row - entry.row);
    const Form form = entry.curve->form;
    svg += shape(*entry.curve,
                 form == Form::Band
                     ? fmt::format("M{:.0f},{:.0f}h24v-10h-24Z", entry.x, y + 1)
                     : fmt::format("M{:.0f},{:.0f}h{}", form == Form::Dots ? entry.x + 12 : entry.x,
                                   y - 4, form == Form::Dots ? 0 : 24)) +
           text_at(entry.x + 30, y, "text", entry.curve->key);
  }
  return svg;
}

// Pointing at a spot, or tapping it, shows its value in the lower right corner of the picture,
// where there is room for it: lines rise to the right.
std::string spots_of(const Panel& panel, const Drawing& drawing) {
  constexpr double kCircle = 7;  // pixels
  const bool is_alone = drawing.panels.size() == 1;
  const double right = is_alone ? panel.frame.right - 4 : drawing.width;
  const double bottom = is_alone ? panel.frame.bottom - 8 : drawing.height - 4;
  std::string svg;
  for (const Spot& spot : panel.spots) {
    svg += fmt::format(
        "<g class=\"spot\" tabindex=\"-1\"><circle cx=\"{:.1f}\" cy=\"{:.1f}\" "
        "r=\"{:.0f}\"/>{}</g>\n",
        panel.x_pixel(spot.x), panel.y_pixel(spot.y), kCircle,
        text_at(right, bottom, "end value", spot.text));
  }
  return svg;
}

}  // namespace

std::string svg(const Drawing& drawing) {
  std::string svg = fmt::format(
      "<svg class=\"{}\" viewBox=\"0 0 {:.0f} {:.0f}\" role=\"img\" aria-label=\"{}\">\n",
      drawing.width < kFigure.width ? "narrow" : "wide", drawing.width, drawing.height,
      xml_escaped(drawing.title));
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
  for (const Panel& panel : drawing.panels) {
    svg += spots_of(panel, drawing);  // above all else
  }
  return svg + "</svg>\n";
}

}  // namespace tcpstep
