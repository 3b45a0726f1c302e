#include "lib/report/drawing.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <functional>
#include <utility>

namespace tcpstep {
namespace {

constexpr std::size_t kMostSvgPoints = 5000;

// The multiple of 1, 2 or 5 times a power of ten that gives about `count` steps.
double round_step(double span, int count) {
  const double rough = span / count;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (rough <= factor * power) {
      return factor * power;
    }
  }
  return 10 * power;
}

std::vector<Tick> linear_ticks(double low, double high, double step) {
  std::vector<Tick> ticks;
  const auto last = std::llround(std::floor(high / step));
  for (auto i = std::llround(std::ceil(low / step)); i <= last; ++i) {
    const double at = static_cast<double>(i) * step;
    ticks.push_back({at, fmt::format("{:.7g}", at)});
  }
  return ticks;
}

// The coarsest of these series of every power of ten that gives enough ticks.
std::vector<Tick> log_ticks(double low, double high) {
  constexpr std::size_t kEnough = 5;
  static const std::array<std::vector<double>, 4> kFactors{
      {{1}, {1, 2, 5}, {1, 1.5, 2, 3, 5, 7}, {1, 1.2, 1.4, 1.6, 1.8, 2, 2.5, 3, 4, 5, 6, 7, 8, 9}}};
  std::vector<Tick> ticks;
  for (const auto& factors : kFactors) {
    ticks.clear();
    for (double power = std::pow(10, std::floor(std::log10(low))); power <= high; power *= 10) {
      for (const double factor : factors) {
        if (factor * power >= low && factor * power <= high) {
          ticks.push_back({factor * power, fmt::format("{:.6g}", factor * power)});
        }
      }
    }
    if (ticks.size() >= kEnough) {
      break;
    }
  }
  return ticks;
}

}  // namespace

double Axis::share(double value) const {
  return is_log ? std::log(std::max(value, low) / low) / std::log(high / low)
                : (value - low) / (high - low);
}

double Panel::x_pixel(double value) const {
  return frame.left + x.share(value) * (frame.right - frame.left);
}

double Panel::y_pixel(double value) const {
  return frame.bottom - y.share(value) * (frame.bottom - frame.top);
}

bool Drawing::is_small() const {
  std::size_t points = 0;
  for (const Panel& panel : panels) {
    for (const Curve& curve : panel.curves) {
      points += curve.points.size();
    }
  }
  return points <= kMostSvgPoints;
}

Axis round_axis(std::string title, double low, double high, int count, bool is_log) {
  return {.title = std::move(title),
          .low = low,
          .high = high,
          .is_log = is_log,
          .ticks = is_log ? log_ticks(low, high)
                          : linear_ticks(low, high, round_step(high - low, count))};
}

std::string axis_title(std::string_view quantity, std::string_view unit, double low) {
  if (low <= 0) {
    return fmt::format("{} ({})", quantity, unit);
  }
  const std::string start = low < 100 ? fmt::format("{:.3g}", low) : fmt::format("{:.0f}", low);
  return fmt::format("{} ({}), axis starts at {} {}", quantity, unit, start, unit);
}

Axis axis_around(std::string_view quantity, std::string_view unit, const std::vector<Curve>& curves,
                 double below, double above) {
  double low = INFINITY;
  double high = -INFINITY;
  for (const Curve& curve : curves) {
    for (const Point& point : curve.points) {
      if (!std::isnan(point.x)) {
        low = std::min({low, point.y, curve.form == Form::Band ? point.base : point.y});
        high = std::max(high, point.y);
      }
    }
  }
  const double span = std::max(high - low, 0.05 * std::abs(high));
  return round_axis(axis_title(quantity, unit, low - below * span), low - below * span,
                    high + above * span);
}

Axis payload_axis(PayloadSize largest, std::optional<Mss> mss, double width) {
  constexpr double kTickRoom = 56;  // pixels
  const double high = largest.bytes() + std::max(1.0, largest.bytes() * 0.01);
  Axis axis{.title = "payload (bytes)", .low = -0.006 * high, .high = high};
  const double step = mss && mss->bytes() < largest.bytes()
                          ? mss->bytes() * std::ceil(kTickRoom * high / (width * mss->bytes()))
                          : round_step(high, 10);
  axis.ticks = linear_ticks(0, high, step);
  return axis;
}

void add_boundaries(Panel& panel, std::optional<Mss> mss) {
  if (!mss || mss->bytes() >= panel.x.high) {
    return;
  }
  constexpr double kRoom = 8;  // pixels
  const double width = panel.x_pixel(mss->bytes()) - panel.x_pixel(0);
  const double step = mss->bytes() * std::ceil(kRoom / width);
  Curve lines{.form = Form::Line, .color = Color::Gray, .stroke = Stroke::Dashed};
  for (double x = step; x < panel.x.high; x += step) {
    lines.points.insert(lines.points.end(), {{x, panel.y.low}, {x, panel.y.high}, kGap});
  }
  panel.curves.insert(panel.curves.begin(), std::move(lines));
}

void add_end_labels(Panel& panel, std::vector<Label> labels) {
  constexpr double kRoom = 15;  // pixels
  const Frame& frame = panel.frame;
  std::ranges::sort(labels, std::greater(), &Label::y);
  const auto stride = static_cast<std::size_t>(
      std::ceil(static_cast<double>(labels.size()) * kRoom / (frame.bottom - frame.top)));
  std::vector<Label> placed;
  for (std::size_t i = 0; i < labels.size(); i += stride) {
    placed.push_back(std::move(labels[i]));
    Label& label = placed.back();
    label.y = panel.y_pixel(label.y);
    if (placed.size() > 1) {
      label.y = std::max(label.y, placed[placed.size() - 2].y + kRoom);
    }
  }
  double lowest = frame.bottom;
  for (auto label = placed.rbegin(); label != placed.rend(); ++label) {
    label->y = std::min(label->y, lowest);
    lowest = label->y - kRoom;
  }
  panel.labels.insert(panel.labels.end(), placed.begin(), placed.end());
}

RttUnit unit_for(Duration smallest) {
  return smallest < std::chrono::milliseconds(1) ? RttUnit{1e3, "µs"} : RttUnit{1e6, "ms"};
}

}  // namespace tcpstep
