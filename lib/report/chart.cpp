#include "lib/report/chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/text.h"

namespace tcpstep {
namespace {

constexpr double kWidth = 920;
constexpr double kHeight = 420;
constexpr double kLeft = 62;
constexpr double kRight = kWidth - 24;
constexpr double kTop = 30;
constexpr double kBottom = kHeight - 46;
constexpr std::size_t kMostDots = 250;

// Where a payload size and a time are on the picture.
struct Axes {
  double largest_size;
  double low;  // ns
  double high;
  bool is_log = false;

  [[nodiscard]] double x(double bytes) const {
    return kLeft + bytes / largest_size * (kRight - kLeft);
  }
  [[nodiscard]] double y(double ns) const {
    const double share = is_log ? std::log(std::max(ns, low) / low) / std::log(high / low)
                                : (ns - low) / (high - low);
    return kBottom - share * (kBottom - kTop);
  }
};

double ns_of(Duration duration) {
  return static_cast<double>(duration.count());
}

std::string text_at(double x, double y, std::string_view look, std::string_view text) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" class=\"{}\">{}</text>\n", x, y, look, text);
}

std::string line_between(double x1, double y1, double x2, double y2, std::string_view look) {
  return fmt::format(
      "<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" class=\"{}\"/>\n", x1, y1, x2,
      y2, look);
}

// The multiples of 1, 2 or 5 times a power of ten that give about `count` steps.
double step_for(double span, int count) {
  const double rough = span / count;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (rough <= factor * power) {
      return factor * power;
    }
  }
  return 10 * power;
}

std::vector<double> ticks_of(const Axes& axes) {
  std::vector<double> ticks;
  if (!axes.is_log) {
    const double step = step_for(axes.high - axes.low, 6);
    const auto last = std::lround(std::floor(axes.high / step));
    for (auto i = std::lround(std::ceil(axes.low / step)); i <= last; ++i) {
      ticks.push_back(static_cast<double>(i) * step);
    }
    return ticks;
  }
  const auto last = std::lround(std::floor(std::log10(axes.high)));
  for (auto decade = std::lround(std::floor(std::log10(axes.low))); decade <= last; ++decade) {
    const double power = std::pow(10, decade);
    for (const double factor : {1.0, 2.0, 5.0}) {
      if (factor * power >= axes.low && factor * power <= axes.high) {
        ticks.push_back(factor * power);
      }
    }
  }
  return ticks;
}

// Microseconds below 2 ms, milliseconds above, as everywhere.
std::string frame(const Axes& axes) {
  const bool is_short = axes.low < 2e6;
  std::string svg;
  for (const double tick : ticks_of(axes)) {
    const double y = axes.y(tick);
    svg += line_between(kLeft, y, kRight, y, "grid");
    svg +=
        text_at(kLeft - 8, y + 4, "tick end", fmt::format("{:.6g}", tick / (is_short ? 1e3 : 1e6)));
  }
  const double step = step_for(axes.largest_size, 10);
  for (int i = 0; i * step <= axes.largest_size; ++i) {
    const double tick = i * step;
    svg += line_between(axes.x(tick), kBottom, axes.x(tick), kBottom + 4, "axis");
    svg += text_at(axes.x(tick), kBottom + 18, "tick middle", fmt::format("{:.0f}", tick));
  }
  svg += line_between(kLeft, kTop, kLeft, kBottom, "axis");
  svg += line_between(kLeft, kBottom, kRight, kBottom, "axis");
  svg += text_at((kLeft + kRight) / 2, kHeight - 10, "tick middle", "payload (bytes)");
  return svg + fmt::format(
                   "<text transform=\"translate(14 {:.0f}) rotate(-90)\" class=\"tick "
                   "middle\">RTT ({}{})</text>\n",
                   (kTop + kBottom) / 2, is_short ? "µs" : "ms", axes.is_log ? ", log scale" : "");
}

using Value = std::function<Duration(const SampleSketch&)>;

std::string points(const LinkRuns& link, const Axes& axes, const Value& value) {
  std::string text;
  for (const auto& [size, sketch] : link.series) {
    fmt::format_to(std::back_inserter(text), "{:.1f},{:.1f} ", axes.x(size.bytes()),
                   axes.y(ns_of(value(sketch))));
  }
  return text;
}

std::string curve(const LinkRuns& link, const Axes& axes, std::string_view look,
                  const Value& value) {
  return fmt::format("<polyline points=\"{}\" class=\"{}\"/>\n", points(link, axes, value), look);
}

std::string band(const LinkRuns& link, const Axes& axes, const Value& from, const Value& to) {
  std::string back;
  std::for_each(link.series.rbegin(), link.series.rend(), [&](const auto& entry) {
    fmt::format_to(std::back_inserter(back), "{:.1f},{:.1f} ", axes.x(entry.first.bytes()),
                   axes.y(ns_of(from(entry.second))));
  });
  return fmt::format("<polygon points=\"{}{}\" class=\"band\"/>\n", points(link, axes, to), back);
}

std::string dots(const LinkRuns& link, const Axes& axes, std::string_view look,
                 const Value& value) {
  std::string svg;
  if (link.series.size() > kMostDots) {
    return svg;
  }
  for (const auto& [size, sketch] : link.series) {
    fmt::format_to(std::back_inserter(svg),
                   "<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"2.2\" class=\"{}\"/>\n",
                   axes.x(size.bytes()), axes.y(ns_of(value(sketch))), look);
  }
  return svg;
}

Value quantile(double probability) {
  return [probability](const SampleSketch& sketch) { return sketch.quantile(probability); };
}

// The key above the plot: a sample of each mark and what it means.
std::string legend(const std::vector<std::pair<std::string_view, std::string_view>>& marks) {
  constexpr double kY = 14;
  std::string svg;
  double x = kLeft;
  for (const auto& [look, words] : marks) {
    if (look == "band") {
      svg += fmt::format(
          "<rect x=\"{:.0f}\" y=\"{:.0f}\" width=\"24\" height=\"10\" class=\"band\"/>\n", x,
          kY - 9);
    } else if (look == "slowest") {
      svg += fmt::format("<circle cx=\"{:.0f}\" cy=\"{:.0f}\" r=\"2.2\" class=\"slowest\"/>\n",
                         x + 12, kY - 4);
    } else {
      svg += line_between(x, kY - 4, x + 24, kY - 4, look);
    }
    svg += text_at(x + 30, kY, "words", words);
    x += 56 + 6.6 * static_cast<double>(words.size());
  }
  return svg;
}

std::string as_svg(std::string_view what, const std::string& body) {
  return fmt::format(
      "<svg viewBox=\"0 0 {:.0f} {:.0f}\" role=\"img\" aria-label=\"{}\">\n{}</svg>\n", kWidth,
      kHeight, what, body);
}

std::string class_label(const PenaltyTable& table, const SegmentClass& row, double middle,
                        double room) {
  std::string svg =
      text_at(middle, kTop + 12, "faint middle",
              room < 80 ? fmt::format("{}", row.segments) : count_of(row.segments, "segment"));
  const bool is_reference = &row == &table.classes.front();
  if (room < 86 || (!is_reference && !why_no_penalties(table).empty())) {
    return svg;
  }
  if (is_reference) {
    return svg + text_at(middle, kTop + 30, "strong middle", format_duration(table.reference_rtt)) +
           text_at(middle, kTop + 46, "words middle",
                   fmt::format("at {}", count_of(table.reference_size->bytes(), "byte")));
  }
  return svg +
         text_at(middle, kTop + 30, "penalty strong middle",
                 format_difference(row.penalty.extra, table.reference_rtt)) +
         text_at(middle, kTop + 46, "penalty middle",
                 fmt::format("{:+.1f} %", row.penalty.share * 100));
}

// Boundaries at k·MSS, the classes between them and their means; as many as can be told apart.
std::string classes(const PenaltyTable& table, const Axes& axes) {
  std::string svg;
  if (!table.mss) {
    return svg;
  }
  const double mss = table.mss->bytes();
  const double width = axes.x(mss) - kLeft;
  const auto stride = [&](double pixels) {
    return static_cast<std::uint32_t>(std::ceil(pixels / width));
  };
  const std::uint32_t step = stride(8);
  for (std::uint32_t k = step; k * mss < axes.largest_size; k += step) {
    svg += line_between(axes.x(k * mss), kTop, axes.x(k * mss), kBottom, "boundary");
  }
  for (const SegmentClass& row : table.classes) {
    const double begin = axes.x((row.segments - 1.0) * mss);
    const double end = std::min(begin + width, kRight);
    const double y = axes.y(ns_of(row.penalty.rtt));
    if (end - begin > 0.5) {
      svg += line_between(begin, y, end, y, "mean");
    }
    if ((row.segments - 1) % stride(end - begin < 86 ? 25 : 1) == 0 && end - begin >= 14) {
      svg += class_label(table, row, (begin + end) / 2, end - begin);
    }
  }
  return svg;
}

}  // namespace

std::string closeup_chart(const LinkRuns& link, const PenaltyTable& minima) {
  double low = ns_of(link.series.begin()->second.minimum());
  double quartile = 0;
  for (const auto& [size, sketch] : link.series) {
    low = std::min(low, ns_of(sketch.minimum()));
    quartile = std::max(quartile, ns_of(sketch.quantile(0.25)));
  }
  const double span = std::max(quartile - low, low * 0.05);
  const Axes axes{.largest_size = link.series.rbegin()->first.bytes() * 1.01,
                  .low = low - 0.05 * span,
                  .high = quartile + 0.25 * span};
  const Value minimum = &SampleSketch::minimum;
  std::vector<std::pair<std::string_view, std::string_view>> key{
      {"band", "minimum to lower quartile"}, {"minimum", "minimum"}};
  if (!minima.classes.empty()) {
    key.emplace_back("mean", "mean of the minima of a class");
  }
  return as_svg("Minimum of every payload size, penalty of every number of segments",
                frame(axes) + classes(minima, axes) + band(link, axes, minimum, quantile(0.25)) +
                    curve(link, axes, "minimum", minimum) + dots(link, axes, "dot", minimum) +
                    legend(key));
}

std::string spread_chart(const LinkRuns& link) {
  double low = ns_of(link.series.begin()->second.minimum());
  double high = low;
  for (const auto& [size, sketch] : link.series) {
    low = std::min(low, ns_of(sketch.minimum()));
    high = std::max(high, ns_of(sketch.maximum()));
  }
  const bool is_log = high > 3 * low;
  const Axes axes{.largest_size = link.series.rbegin()->first.bytes() * 1.01,
                  .low = low * 0.95,
                  .high = high * (is_log ? 1.3 : 1.05),
                  .is_log = is_log};
  return as_svg("Spread of the RTTs of every payload size",
                frame(axes) + band(link, axes, quantile(0.1), quantile(0.9)) +
                    dots(link, axes, "slowest", &SampleSketch::maximum) +
                    curve(link, axes, "median", quantile(0.5)) +
                    curve(link, axes, "minimum", &SampleSketch::minimum) +
                    legend({{"slowest", "slowest"},
                            {"band", "10th to 90th percentile"},
                            {"median", "median"},
                            {"minimum", "minimum"}}));
}

}  // namespace tcpstep
