#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <initializer_list>
#include <utility>
#include <vector>

#include "lib/base/text.h"
#include "lib/compare/history_rows.h"
#include "lib/compare/render.h"
#include "lib/compare/render_history.h"
#include "lib/compare/rows.h"
#include "lib/stats/estimators.h"

namespace tcpstep {
namespace {

constexpr Frame kPlot = kPicture.plot;

RttUnit unit_of(double smallest_ns) {
  return unit_for(Duration(std::llround(smallest_ns)));
}

// "slower since 2026-03-04, +15.02 %".
std::string short_finding(const History& history) {
  const OverviewCells cells = overview_rows({&history, 1}).front();
  if (is_unconfirmed(history)) {
    return fmt::format("newest {} {}, not confirmed yet",
                       count_of(history.points.size() - history.unconfirmed->first, history.unit()),
                       cells[4]);
  }
  std::string verdict = cells[1];
  const std::string& change = cells[4];
  if (!change.empty() && !history.creep) {
    verdict.insert(verdict.find(' '), " since");
  }
  return change.empty() ? verdict : fmt::format("{}, {}", verdict, change);
}

// The link first, then what was found.
void add_titles(Drawing& drawing, const std::string& link, const std::string& finding,
                const Caption& caption, const std::string& extent) {
  drawing.title = link + ": " + finding;
  drawing.subtitle = subtitle_of(caption, extent);
}

// Adds to the panel's curve of that look.
void add_points(Panel& panel, Form form, Color color, std::initializer_list<Point> points) {
  auto curve = std::ranges::find_if(
      panel.curves, [&](const Curve& known) { return known.form == form && known.color == color; });
  if (curve == panel.curves.end()) {
    curve = panel.curves.insert(curve, {.form = form, .color = color});
  }
  curve->points.insert(curve->points.end(), points);
}

Panel levels_panel(const Comparison& comparison, const Axis& sizes) {
  Panel panel{.frame = {kPlot.left, kPlot.right, kPlot.top, 385}, .x = sizes};
  double least = INFINITY;
  for (const SizeChange& size : comparison.by_size) {
    least = std::min({least, size.baseline.low, size.candidate.low});
  }
  const RttUnit unit = unit_of(least);
  const auto add = [&](Color color, std::string key, SizeLevel SizeChange::*side) {
    Curve quartiles{.form = Form::Band, .color = color};
    Curve line{.form = Form::Line, .color = color, .key = std::move(key)};
    for (const SizeChange& size : comparison.by_size) {
      const SizeLevel& level = size.*side;
      const double x = size.size.bytes();
      quartiles.points.push_back({x, level.high / unit.ns, level.low / unit.ns});
      line.points.push_back({x, level.middle / unit.ns});
    }
    panel.curves.insert(panel.curves.end(),
                        {quartiles, line, {Form::Dots, color, {}, line.points}});
  };
  add(Color::Blue,
      fmt::format("baseline: median of {}, band: quartiles",
                  count_of(comparison.baseline.runs, "run")),
      &SizeChange::baseline);
  add(Color::Vermilion,
      fmt::format("candidate: median of {}", count_of(comparison.candidate.runs, "run")),
      &SizeChange::candidate);
  panel.y = axis_around("RTT floor", unit.name, panel.curves, 0.05, 0.08);
  panel.x.title.clear();
  for (Tick& tick : panel.x.ticks) {
    tick.text.clear();
  }
  return panel;
}

Panel changes_panel(const Comparison& comparison, const Axis& sizes) {
  const double tolerance = 100 * comparison.settings.tolerance;
  Panel panel{.frame = {kPlot.left, kPlot.right, 412, kPlot.bottom}, .x = sizes};
  panel.curves = {{Form::Band,
                   Color::Gray,
                   {},
                   {{sizes.low, tolerance, -tolerance}, {sizes.high, tolerance, -tolerance}}},
                  {Form::Line, Color::Gray, {}, {{sizes.low, 0}, {sizes.high, 0}, kGap}}};
  bool is_tested = false;
  for (const SizeChange& size : comparison.by_size) {
    is_tested = is_tested || size.low.has_value();
    const bool has_interval = size.low && std::isfinite(*size.low) && std::isfinite(*size.high);
    const double x = size.size.bytes();
    const double change = percent_of(size.change);
    const double low = percent_of(has_interval ? *size.low : size.change);
    const double high = percent_of(has_interval ? *size.high : size.change);
    const Color color = low > 0 && change > tolerance     ? Color::Vermilion
                        : high < 0 && change < -tolerance ? Color::Green
                                                          : Color::Gray;
    add_points(panel, Form::Line, color, {{x, low}, {x, high}, kGap});
    add_points(panel, Form::Dots, color, {{x, change}});
  }
  panel.y = axis_around("change", "%", panel.curves, 0.25, 0.1);
  panel.labels.push_back({sizes.high, panel.y_pixel(-tolerance) + 11,
                          fmt::format("{}tolerance ±{:g} %",
                                      is_tested ? "95 % interval of each size; " : "", tolerance),
                          Color::Muted, Align::Right});
  return panel;
}

// The floors of classes; of all sizes where there is only one class.
std::vector<const HistoryColumn*> drawn_columns(const History& history) {
  std::vector<const HistoryColumn*> columns;
  for (const HistoryColumn& column : history.columns) {
    if (column.contrast.family == Family::Floor && column.contrast.segments > 0) {
      columns.push_back(&column);
    }
  }
  return columns;
}

double seconds(std::chrono::sys_time<Duration> time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

constexpr double kMinute = 60;
constexpr double kDay = 24 * 3600;

// The ticks of a time axis: full seconds, minutes, hours, days or groups of four weeks, in UTC.
std::vector<Tick> time_ticks(double low, double high) {
  constexpr double kMost = 8;
  double step = std::ceil((high - low) / (kMost * 28 * kDay)) * 28 * kDay;
  for (const double finer : {14 * kDay, 7 * kDay, 2 * kDay, kDay, 12 * 3600., 6 * 3600., 3 * 3600.,
                             3600., 1800., 600., 300., 60., 30., 10., 5., 1.}) {
    step = high - low <= kMost * finer ? finer : step;
  }
  std::vector<Tick> ticks;
  for (double at = std::ceil(low / step) * step; at <= high; at += step) {
    const std::string time =
        utc(std::chrono::sys_time<Duration>(std::chrono::seconds(std::llround(at))));
    ticks.push_back({at, step >= kDay
                             ? time.substr(0, 10)
                             : time.substr(5, 5) + ' ' + time.substr(11, step >= kMinute ? 5 : 8)});
  }
  return ticks;
}

// The level of a column at every point, interrupted where it changed; and its medians in between.
void add_column(Panel& panel, const History& history, const HistoryColumn& column, RttUnit unit,
                Color color) {
  std::vector<std::size_t> borders{0};
  for (const HistoryChange& change : history.changes) {
    borders.push_back(change.first);
  }
  if (history.unconfirmed) {
    borders.push_back(history.unconfirmed->first);
  }
  borders.push_back(history.points.size());
  Curve dots{.form = Form::Dots, .color = color, .stroke = Stroke::Faint};
  Curve level{.form = Form::Line, .color = color};
  for (std::size_t i = 0; i + 1 < borders.size(); ++i) {
    const auto at = [&](std::size_t point) {
      return column.values.begin() + static_cast<std::ptrdiff_t>(point);
    };
    const double median = std::exp(median_of({at(borders[i]), at(borders[i + 1])})) / unit.ns;
    for (std::size_t point = borders[i]; point < borders[i + 1]; ++point) {
      const double x = seconds(history.points[point].started);
      dots.points.push_back({x, std::exp(column.values[point]) / unit.ns});
      level.points.push_back({x, median});
    }
    level.points.push_back(kGap);
  }
  panel.curves.push_back(std::move(dots));
  panel.curves.push_back(std::move(level));
}

// A line and a short label where the level changed; on its left where there is no room.
void add_change(Panel& panel, const History& history, const HistoryChange& change,
                std::size_t row) {
  const double at = (seconds(history.points[change.first - 1].started) +
                     seconds(history.points[change.first].started)) /
                    2;
  const Color color = change.is_slower() ? Color::Brown : Color::Green;
  panel.curves.push_back(
      {Form::Line, color, {}, {{at, panel.y.low}, {at, panel.y.high}}, Stroke::Dashed});
  panel.labels.push_back({at, panel.frame.top + 12 + 20 * static_cast<double>(row),
                          fmt::format("{}  {}", when(history, change), main_finding(change)), color,
                          panel.x.share(at) > 0.7 ? Align::Right : Align::Left});
}

}  // namespace

Drawing drawing_of(const Comparison& comparison) {
  Drawing drawing{.name = "compare-" + comparison.link};
  add_titles(drawing, comparison.link, headline(comparison), comparison.caption,
             extent(comparison));
  const Axis sizes =
      payload_axis(comparison.by_size.back().size, comparison.mss, kPlot.right - kPlot.left);
  drawing.panels = {levels_panel(comparison, sizes), changes_panel(comparison, sizes)};
  for (Panel& panel : drawing.panels) {
    add_boundaries(panel, comparison.mss);
  }
  return drawing;
}

Drawing drawing_of(const History& history) {
  const auto columns = drawn_columns(history);
  double least = INFINITY;
  for (const HistoryColumn* column : columns) {
    least = std::min(least, *std::min_element(column->values.begin(), column->values.end()));
  }
  const RttUnit unit = unit_of(std::exp(least));
  const double begin = seconds(history.points.front().started);
  const double end = std::max(seconds(history.points.back().started), begin + 1);
  const double margin = 0.01 * (end - begin);
  Drawing drawing{.name = "history-" + history.link};
  add_titles(drawing, history.link, short_finding(history), history.caption, extent(history));
  Panel panel{.frame = {kPlot.left, 1090, kPlot.top, kPlot.bottom},
              .x = {.title = "start of the run (UTC)",
                    .low = begin - margin,
                    .high = end + margin,
                    .ticks = time_ticks(begin - margin, end + margin)}};
  std::vector<Label> names;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const Color color = i % 2 == 0 ? Color::Blue : Color::Sky;
    add_column(panel, history, *columns[i], unit, color);
    const std::vector<Point>& levels = panel.curves.back().points;
    names.push_back({panel.x.high, levels[levels.size() - 2].y,
                     count_of(columns[i]->contrast.segments, "packet"), Color::Text, Align::Left});
  }
  panel.y = axis_around("RTT floor", unit.name, panel.curves, 0.04, 0.14);
  add_end_labels(panel, std::move(names));
  for (std::size_t i = 0; i < history.changes.size(); ++i) {
    add_change(panel, history, history.changes[i], i % 3);
  }
  drawing.panels.push_back(std::move(panel));
  return drawing;
}

}  // namespace tcpstep
