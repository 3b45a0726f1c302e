#include "lib/report/link_drawings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/text.h"
#include "lib/report/link_captions.h"
#include "lib/report/penalty_table.h"
#include "lib/report/rows.h"

namespace tcpstep {
namespace {

constexpr std::size_t kMostDots = 250;  // more of them hide the line

using Level = std::function<Duration(const SampleSketch&)>;
const Level kMinimum = &SampleSketch::minimum;
const Level kMaximum = &SampleSketch::maximum;

Level quantile(double probability) {
  return [probability](const SampleSketch& samples) { return samples.quantile(probability); };
}

Axis rtt_axis(RttUnit unit, double low, double high, bool is_log) {
  return round_axis(
      is_log ? fmt::format("RTT ({}), log scale", unit.name) : axis_title("RTT", unit.name, low),
      low, high, 10, is_log);
}

Duration highest(const LinkRuns& link, const Level& level) {
  Duration result{0};
  for (const auto& [size, samples] : link.series) {
    result = std::max(result, level(samples));
  }
  return result;
}

Curve curve(const LinkRuns& link, Form form, Color color, std::string key, const Level& level,
            const Level& base = kMinimum) {
  const RttUnit unit = unit_for(link.fastest());
  Curve curve{.form = form, .color = color, .key = std::move(key)};
  for (const auto& [size, samples] : link.series) {
    curve.points.push_back(
        {static_cast<double>(size.bytes()), unit.of(level(samples)), unit.of(base(samples))});
  }
  return curve;
}

// Labels of a class that is `room` pixels wide: its name, and what it costs.
void add_class_labels(Panel& panel, const PenaltyTable& table, const SegmentClass& row, double x,
                      double room, bool has_penalty) {
  const double y = panel.frame.top;
  panel.labels.push_back(
      {x, y + 12, room < 80 ? fmt::format("{}", row.segments) : count_of(row.segments, "packet"),
       Color::Muted});
  if (!has_penalty || room < 88) {
    return;
  }
  std::array<std::string, 2> texts;
  Color color = Color::Brown;
  if (&row == &table.classes.front()) {
    texts = {format_duration(table.reference_rtt),
             fmt::format("at {}", count_of(table.reference_size->bytes(), "byte"))};
    color = Color::Text;
  } else if (why_no_penalties(table).empty()) {
    texts = {extra_cell(table, row.penalty), percent_cell(row.penalty)};
  }
  panel.labels.push_back({x, y + 30, texts[0], color, Align::Center, true});
  panel.labels.push_back({x, y + 47, texts[1], color});
}

// Boundaries and the classes between them, as many as can be told apart. Returns their means.
Curve add_classes(Panel& panel, const PenaltyTable& table, RttUnit unit, bool has_penalties) {
  Curve means{.form = Form::Line, .color = Color::Vermilion, .key = "average of fastest"};
  add_boundaries(panel, table.mss);
  for (const SegmentClass& row : table.classes) {
    const double mss = table.mss->bytes();
    const double begin = (row.segments - 1.0) * mss;
    const double end = std::min(begin + mss, panel.x.high);
    const double room = panel.x_pixel(end) - panel.x_pixel(begin);
    const double y = unit.of(row.penalty.rtt);
    if (room > 0.5) {
      means.points.insert(means.points.end(), {{begin, y}, {end, y}, kGap});
    }
    const double full = panel.x_pixel(mss) - panel.x_pixel(0);
    const auto stride = static_cast<std::uint32_t>(std::ceil((room < 88 ? 25 : 1) / full));
    if ((row.segments - 1) % stride == 0 && room >= 14) {
      add_class_labels(panel, table, row, (begin + end) / 2, room, has_penalties);
    }
  }
  return means;
}

// "veth: a second packet costs +1.48 µs (+29.6 %), a fourth +3.66 µs (+73.3 %)".
std::string finding(const PenaltyTable& table) {
  const std::string reason = why_no_penalties(table);
  if (!reason.empty()) {
    return fmt::format("{}: {}", table.link, reason);
  }
  const auto cost = [&](std::string_view words, const std::optional<Penalty>& penalty) {
    return fmt::format(" {} {} ({})", words, extra_cell(table, *penalty), percent_cell(penalty));
  };
  std::string text = table.link + ":";
  if (table.second) {
    text += cost("a second packet costs", table.second);
  }
  if (table.fourth) {
    text += table.second ? "," + cost("a fourth", table.fourth)
                         : cost("a fourth packet costs", table.fourth);
  }
  return table.second || table.fourth ? text : text + " no size needs two or four packets";
}

Drawing drawing_of(const LinkRuns& link, const PenaltyTable& table, const Sheet& sheet,
                   std::string title, Axis rtt) {
  const double width = sheet.plot.right - sheet.plot.left;
  return {.title = std::move(title),
          .subtitle = subtitle_of(link, table),
          .width = sheet.width,
          .height = sheet.height,
          .panels = {{.frame = sheet.plot,
                      .x = payload_axis(link.series.rbegin()->first, table.mss, width),
                      .y = std::move(rtt)}}};
}

// Median and minimum over what `below` holds, on a log axis where outliers would flatten the rest.
Drawing results_of(const LinkRuns& link, const Sheet& sheet, std::vector<Curve> below) {
  const RttUnit unit = unit_for(link.fastest());
  const double low = unit.of(link.fastest());
  const double high = unit.of(highest(link, kMaximum));
  const bool is_log = high > 3 * low;
  const PenaltyTable table = penalty_table(link, Statistic::minimum());
  const auto text = [](const auto& entry) {
    return fmt::format("{} for {}", format_duration(entry.second.minimum()),
                       count_of(entry.first.bytes(), "byte"));
  };
  Drawing drawing = drawing_of(link, table, sheet,
                               fmt::format("{}: at best {}, {}", table.link,
                                           text(*link.series.begin()), text(*link.series.rbegin())),
                               rtt_axis(unit, low * 0.95, high * (is_log ? 1.3 : 1.08), is_log));
  Panel& panel = drawing.panels[0];
  add_classes(panel, table, unit, false);
  std::ranges::move(below, std::back_inserter(panel.curves));
  panel.curves.push_back(curve(link, Form::Line, Color::Gold, "median", quantile(0.5)));
  panel.curves.push_back(curve(link, Form::Line, Color::Blue, "fastest", kMinimum));
  add_spots(panel, link, false);
  return drawing;
}

}  // namespace

Drawing closeup(const LinkRuns& link, const Sheet& sheet) {
  const RttUnit unit = unit_for(link.fastest());
  const double low = unit.of(link.fastest());
  const double quartile = unit.of(highest(link, quantile(0.25)));
  const double span = std::max(quartile - low, low * 0.05);
  const PenaltyTable table = penalty_table(link, Statistic::minimum());
  Drawing drawing = drawing_of(link, table, sheet, finding(table),
                               rtt_axis(unit, low - 0.05 * span, quartile + 0.25 * span, false));
  Panel& panel = drawing.panels[0];
  Curve means = add_classes(panel, table, unit, true);
  panel.curves.push_back(curve(link, Form::Band, Color::Blue, "fastest quarter", quantile(0.25)));
  panel.curves.push_back(curve(link, Form::Line, Color::Blue, "fastest", kMinimum));
  if (link.series.size() <= kMostDots) {
    panel.curves.push_back(curve(link, Form::Dots, Color::Blue, "", kMinimum));
  }
  if (!means.points.empty()) {
    panel.curves.push_back(std::move(means));
  }
  add_spots(panel, link, false);
  return drawing;
}

Drawing spread(const LinkRuns& link, const Sheet& sheet) {
  return results_of(link, sheet,
                    {curve(link, Form::Dots, Color::Gray, "slowest", kMaximum),
                     curve(link, Form::Band, Color::Blue, "10th to 90th percentile", quantile(0.9),
                           quantile(0.1))});
}

Drawing all_results(const LinkRuns& link, const Sheet& sheet) {
  const RttUnit unit = unit_for(link.fastest());
  Curve samples{.form = Form::Dots, .color = Color::Gray, .stroke = Stroke::Faint};
  for (const auto& [size, sketch] : link.series) {
    for (const Duration rtt : sketch.first_samples()) {
      samples.points.push_back({static_cast<double>(size.bytes()), unit.of(rtt)});
    }
  }
  const std::uint64_t all = link.samples();
  samples.key = samples.points.size() == all
                    ? fmt::format("each of {}", count_of(all, "sample"))
                    : fmt::format("{} of {} samples", samples.points.size(), all);
  return results_of(link, sheet, {samples});
}

}  // namespace tcpstep
