#include "lib/report/link_drawings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "lib/base/text.h"
#include "lib/report/rows.h"
#include "lib/stats/statistic.h"

namespace tcpstep {
namespace {

constexpr std::size_t kMostDots = 250;  // more of them hide the line

using Level = Duration SizeLevels::*;

RttUnit unit_of(const LinkLevels& link) {
  return unit_for(std::ranges::min_element(link.sizes, {}, &SizeLevels::minimum)->minimum);
}

Duration highest(const LinkLevels& link, Level level) {
  return (*std::ranges::max_element(link.sizes, {}, level)).*level;
}

Curve curve(const LinkLevels& link, Form form, Color color, std::string key, Level level,
            Level base = &SizeLevels::minimum) {
  const RttUnit unit = unit_of(link);
  Curve curve{.form = form, .color = color, .key = std::move(key)};
  for (const SizeLevels& size : link.sizes) {
    curve.points.push_back(
        {static_cast<double>(size.size.bytes()), unit.of(size.*level), unit.of(size.*base)});
  }
  return curve;
}

// Labels of a class that is `room` pixels wide: its name, and what it costs.
void add_class_labels(Panel& panel, const PenaltyTable& table, const SegmentClass& row, double x,
                      double room, bool has_penalty) {
  const double y = panel.frame.top;
  panel.labels.push_back(
      {x, y + 12, room < 80 ? fmt::format("{}", row.segments) : count_of(row.segments, "segment"),
       Color::Muted});
  if (!has_penalty || room < 88) {
    return;
  }
  if (&row == &table.classes.front()) {
    panel.labels.push_back(
        {x, y + 30, format_duration(table.reference_rtt), Color::Text, Align::Center, true});
    panel.labels.push_back(
        {x, y + 47, fmt::format("at {}", count_of(table.reference_size->bytes(), "byte"))});
  } else if (why_no_penalties(table).empty()) {
    panel.labels.push_back(
        {x, y + 30, extra_cell(table, row.penalty), Color::Brown, Align::Center, true});
    panel.labels.push_back({x, y + 47, percent_cell(row.penalty), Color::Brown});
  }
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
  const auto cost = [&](std::string_view words, const Penalty& penalty) {
    return fmt::format(" {} {} ({:+.1f} %)", words, extra_cell(table, penalty),
                       penalty.share * 100);
  };
  std::string text = table.link + ":";
  if (table.second) {
    text += cost("a second packet costs", *table.second);
  }
  if (table.fourth) {
    text += table.second ? "," + cost("a fourth", *table.fourth)
                         : cost("a fourth packet costs", *table.fourth);
  }
  return table.second || table.fourth ? text : text + " no size needs two or four segments";
}

Drawing drawing_of(const LinkLevels& link, const Sheet& sheet, std::string title, Axis rtt) {
  const PenaltyTable& table = link.table;
  const double width = sheet.plot.right - sheet.plot.left;
  return {.title = std::move(title),
          .subtitle = {fmt::format(
              "{}, {}, {}{}{}{}", count_of(table.runs, "run"), count_of(table.samples, "sample"),
              table.mss ? fmt::format("MSS {}", table.mss->bytes()) : "MSS unknown",
              link.conditions.empty() ? "" : ", " + link.conditions,
              table.clock == RttClock::Kernel ? ", kernel clock" : "", joined_caveats(table))},
          .width = sheet.width,
          .height = sheet.height,
          .panels = {{.frame = sheet.plot,
                      .x = payload_axis(link.sizes.back().size, table.mss, width),
                      .y = std::move(rtt)}}};
}

// Without samples yet: on a log axis where outliers would flatten the rest.
Drawing results_of(const LinkLevels& link, const Sheet& sheet) {
  const RttUnit unit = unit_of(link);
  const double low =
      unit.of((*std::ranges::min_element(link.sizes, {}, &SizeLevels::minimum)).minimum);
  const double high = unit.of(highest(link, &SizeLevels::maximum));
  const bool is_log = high > 3 * low;
  const auto words = [](const SizeLevels& size) {
    return fmt::format("{} for {}", format_duration(size.minimum),
                       count_of(size.size.bytes(), "byte"));
  };
  Drawing drawing =
      drawing_of(link, sheet,
                 fmt::format("{}: at best {}, {}", link.table.link, words(link.sizes.front()),
                             words(link.sizes.back())),
                 round_axis(fmt::format("RTT ({}{})", unit.name, is_log ? ", log scale" : ""),
                            low * 0.95, high * (is_log ? 1.3 : 1.08), 6, is_log));
  add_classes(drawing.panels[0], link.table, unit, false);
  return drawing;
}

void add_middle(Panel& panel, const LinkLevels& link) {
  panel.curves.push_back(curve(link, Form::Line, Color::Gold, "median", &SizeLevels::median));
  panel.curves.push_back(curve(link, Form::Line, Color::Blue, "fastest", &SizeLevels::minimum));
}

}  // namespace

LinkLevels levels_of(const LinkRuns& link) {
  LinkLevels levels{.table = penalty_table(link, Statistic::minimum()),
                    .conditions = link.conditions(),
                    .sizes = {}};
  for (const auto& [size, samples] : link.series) {
    levels.sizes.push_back({.size = size,
                            .minimum = samples.minimum(),
                            .tenth = samples.quantile(0.1),
                            .lower_quartile = samples.quantile(0.25),
                            .median = samples.quantile(0.5),
                            .ninetieth = samples.quantile(0.9),
                            .maximum = samples.maximum()});
  }
  return levels;
}

Drawing closeup(const LinkLevels& link, const Sheet& sheet) {
  const RttUnit unit = unit_of(link);
  const double low =
      unit.of((*std::ranges::min_element(link.sizes, {}, &SizeLevels::minimum)).minimum);
  const double quartile = unit.of(highest(link, &SizeLevels::lower_quartile));
  const double span = std::max(quartile - low, low * 0.05);
  const double start = low - 0.05 * span;
  Drawing drawing =
      drawing_of(link, sheet, finding(link.table),
                 round_axis(fmt::format("RTT ({}), axis starts at {:.3g}", unit.name, start), start,
                            quartile + 0.25 * span, 10));
  Panel& panel = drawing.panels[0];
  Curve means = add_classes(panel, link.table, unit, true);
  panel.curves.push_back(curve(link, Form::Band, Color::Blue, "fastest quarter",
                               &SizeLevels::lower_quartile, &SizeLevels::minimum));
  panel.curves.push_back(curve(link, Form::Line, Color::Blue, "fastest", &SizeLevels::minimum));
  if (link.sizes.size() <= kMostDots) {
    panel.curves.push_back(curve(link, Form::Dots, Color::Blue, "", &SizeLevels::minimum));
  }
  if (!means.points.empty()) {
    panel.curves.push_back(std::move(means));
  }
  return drawing;
}

Drawing spread(const LinkLevels& link, const Sheet& sheet) {
  Drawing drawing = results_of(link, sheet);
  Panel& panel = drawing.panels[0];
  panel.curves.push_back(curve(link, Form::Dots, Color::Gray, "slowest", &SizeLevels::maximum));
  panel.curves.push_back(curve(link, Form::Band, Color::Blue, "10th to 90th percentile",
                               &SizeLevels::ninetieth, &SizeLevels::tenth));
  add_middle(panel, link);
  return drawing;
}

Drawing all_results(const LinkRuns& runs, const Sheet& sheet) {
  const LinkLevels link = levels_of(runs);
  const RttUnit unit = unit_of(link);
  Drawing drawing = results_of(link, sheet);
  Panel& panel = drawing.panels[0];
  Curve samples{.form = Form::Dots, .color = Color::Gray, .stroke = Stroke::Faint};
  for (const auto& [size, rtts] : runs.series) {
    for (const Duration rtt : rtts.first_samples()) {
      samples.points.push_back({static_cast<double>(size.bytes()), unit.of(rtt)});
    }
  }
  samples.key =
      fmt::format("each of {}{}", samples.points.size() < runs.samples() ? "the first " : "",
                  count_of(samples.points.size(), "sample"));
  panel.curves.push_back(std::move(samples));
  add_middle(panel, link);
  return drawing;
}

}  // namespace tcpstep
