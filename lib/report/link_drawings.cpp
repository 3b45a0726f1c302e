#include "lib/report/link_drawings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <iterator>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/text.h"
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
  return round_axis(is_log ? fmt::format("RTT ({}), log scale", unit.name)
                           : fmt::format("RTT ({}), axis starts at {:.3g}", unit.name, low),
                    low, high, 10, is_log);
}

Duration lowest(const LinkRuns& link) {
  Duration result = Duration::max();
  for (const auto& [size, samples] : link.series) {
    result = std::min(result, samples.minimum());
  }
  return result;
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
  const RttUnit unit = unit_for(lowest(link));
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
      {x, y + 12, room < 80 ? fmt::format("{}", row.segments) : count_of(row.segments, "segment"),
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
  return table.second || table.fourth ? text : text + " no size needs two or four segments";
}

// What a picture needs to stand alone: "desk to phone, 2026-11-22 16:41 UTC, 1 run, 2000 samples,
// …"; on a second line what may have spoiled the numbers.
std::vector<std::string> subtitle_of(const LinkRuns& link, const PenaltyTable& table) {
  const auto fact = [&](std::string_view key) {
    return link.varying.contains(std::string(key)) ? std::string_view()
                                                   : link.header.find(key).value_or("");
  };
  std::vector<std::string> facts;
  const auto add = [&](std::string text) {
    if (!text.empty()) {
      facts.push_back(std::move(text));
    }
  };
  const std::string_view server = fact("server_host");
  const std::string_view client = fact("client_host");
  add(server.empty() || client.empty() ? (link.key.is_up ? "client to server" : "server to client")
      : link.key.is_up                 ? fmt::format("{} to {}", client, server)
                                       : fmt::format("{} to {}", server, client));
  add(link.conditions());
  add(count_of(table.runs, "run"));
  add(count_of(table.samples, "sample"));
  add(table.mss ? fmt::format("MSS {}", table.mss->bytes()) : "MSS unknown");
  add(table.clock == RttClock::Kernel ? "kernel clock" : "");
  add(std::string(fact("tool").substr(0, fact("tool").find(" ("))));
  std::string warnings = fmt::format("{}", fmt::join(link.warnings, ", "));
  std::ranges::replace(warnings, '_', ' ');
  warnings += joined_caveats(table);
  if (link.warnings.empty() && !warnings.empty()) {
    warnings.erase(0, 2);
  }
  std::vector<std::string> lines{fmt::format("{}", fmt::join(facts, ", "))};
  if (!warnings.empty()) {
    lines.push_back("warnings: " + warnings);
  }
  return lines;
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
  const RttUnit unit = unit_for(lowest(link));
  const double low = unit.of(lowest(link));
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
  return drawing;
}

// What the fastest ping of every size costs relative to the smallest size, in percent.
Curve relative_curve(const LinkRuns& link, Color color) {
  const auto smallest = static_cast<double>(link.series.begin()->second.minimum().count());
  Curve curve{.form = Form::Line, .color = color};
  for (const auto& [size, samples] : link.series) {
    const auto rtt = static_cast<double>(samples.minimum().count());
    curve.points.push_back({static_cast<double>(size.bytes()), 100 * (rtt / smallest - 1)});
  }
  return curve;
}

std::string name_and_rtt(const LinkRuns& link) {
  return fmt::format("{}  {}", printable(link.key.name(), 22),
                     format_duration(link.series.begin()->second.minimum()));
}

// All links in one panel, their names at the ends of their lines.
std::vector<Panel> one_panel(const std::vector<const LinkRuns*>& links, const Axis& x,
                             const Axis& y, const Frame& frame) {
  static constexpr std::array kColors{Color::Blue, Color::Vermilion, Color::Green, Color::Gold,
                                      Color::Sky,  Color::Purple,    Color::Brown, Color::Text};
  Panel panel{.frame = frame, .x = x, .y = y};
  std::vector<Label> names;
  for (std::size_t i = 0; i < links.size(); ++i) {
    panel.curves.push_back(relative_curve(*links[i], kColors[i % kColors.size()]));
    names.push_back({x.high, panel.curves.back().points.back().y, name_and_rtt(*links[i]),
                     kColors[i % kColors.size()], Align::Left});
  }
  add_end_labels(panel, std::move(names));
  return {panel};
}

// A panel for each link, all of the same scale.
std::vector<Panel> small_panels(const std::vector<const LinkRuns*>& links, Axis x, Axis y,
                                const Frame& frame, std::size_t columns, double height) {
  const double width = (frame.right - frame.left) / static_cast<double>(columns);
  std::vector<Panel> panels;
  for (std::size_t i = 0; i < links.size(); ++i) {
    const double left = frame.left + static_cast<double>(i % columns) * width;
    const double top = frame.top + static_cast<double>(i / columns) * height;
    Panel panel{.frame = {left, left + width - 12, top + 20, top + height - 14}, .x = x, .y = y};
    if (i + columns < links.size()) {  // another one below
      panel.x.title.clear();
      panel.x.ticks.clear();
    }
    if (i % columns > 0) {
      panel.y.title.clear();
      std::ranges::for_each(panel.y.ticks, [](Tick& tick) { tick.text.clear(); });
    }
    panel.curves.push_back(relative_curve(*links[i], Color::Blue));
    panel.labels.push_back({x.low, top + 10, name_and_rtt(*links[i]), Color::Text, Align::Left});
    panels.push_back(std::move(panel));
  }
  return panels;
}

}  // namespace

Drawing closeup(const LinkRuns& link, const Sheet& sheet) {
  const RttUnit unit = unit_for(lowest(link));
  const double low = unit.of(lowest(link));
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
  return drawing;
}

Drawing spread(const LinkRuns& link, const Sheet& sheet) {
  return results_of(link, sheet,
                    {curve(link, Form::Dots, Color::Gray, "slowest", kMaximum),
                     curve(link, Form::Band, Color::Blue, "10th to 90th percentile", quantile(0.9),
                           quantile(0.1))});
}

Drawing all_results(const LinkRuns& link, const Sheet& sheet) {
  const RttUnit unit = unit_for(lowest(link));
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

Drawing together(std::span<const LinkRuns> all, const Sheet& sheet) {
  constexpr std::size_t kMostLines = 8;
  std::vector<const LinkRuns*> links;
  std::vector<Curve> curves;
  PayloadSize largest(1);
  std::set<Mss> boundaries;  // where any size of a link needs a second segment
  for (const LinkRuns& link : all) {
    if (!link.series.empty()) {
      links.push_back(&link);
      curves.push_back(relative_curve(link, Color::Blue));
      largest = std::max(largest, link.series.rbegin()->first);
      if (link.key.mss && link.key.mss->bytes() < link.series.rbegin()->first.bytes()) {
        boundaries.insert(*link.key.mss);
      }
    }
  }
  const auto mss = boundaries.size() == 1 ? std::optional(*boundaries.begin()) : std::nullopt;
  Frame frame = sheet.plot;
  Drawing drawing{
      .name = "together",
      .title = fmt::format("What payload size costs on {}", count_of(links.size(), "link")),
      .subtitle = {"fastest ping of each payload size relative to that of the smallest "
                   "size, whose RTT is beside the name"},
      .width = sheet.width,
      .height = sheet.height};
  const Axis y = axis_around("extra RTT (%)", curves, 0.05, 0.08);
  if (links.size() <= kMostLines) {
    frame.right = sheet.width - 200;
    drawing.panels =
        one_panel(links, payload_axis(largest, mss, frame.right - frame.left), y, frame);
    add_boundaries(drawing.panels[0], mss);
    return drawing;
  }
  constexpr std::size_t kColumns = 4;
  constexpr double kRow = 150;
  const auto rows = static_cast<double>((links.size() + kColumns - 1) / kColumns);
  drawing.height = frame.top + rows * kRow + sheet.height - frame.bottom;
  const Axis x = payload_axis(largest, mss, (frame.right - frame.left) / kColumns);
  drawing.panels =
      small_panels(links, x, round_axis(y.title, y.low, y.high, 4), frame, kColumns, kRow);
  for (Panel& panel : drawing.panels) {
    add_boundaries(panel, mss);
  }
  return drawing;
}

}  // namespace tcpstep
