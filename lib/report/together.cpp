#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/text.h"
#include "lib/report/link_captions.h"
#include "lib/report/link_drawings.h"
#include "lib/report/penalty_table.h"

namespace tcpstep {
namespace {

// Where the RTT of `size` gives way to that of `next`: at the boundary between them, if there is
// one, otherwise halfway.
double border_of(PayloadSize size, PayloadSize next, std::optional<Mss> mss) {
  if (mss) {
    const double boundary = mss->bytes() * static_cast<double>(segments_needed(size, *mss));
    if (boundary < next.bytes()) {
      return boundary;
    }
  }
  return (static_cast<double>(size.bytes()) + next.bytes()) / 2;
}

// What the fastest ping of every size costs relative to the smallest size, in percent, in steps.
Curve relative_curve(const LinkRuns& link, Color color) {
  const auto smallest = static_cast<double>(link.series.begin()->second.minimum().count());
  Curve curve{.form = Form::Line, .color = color};
  std::optional<PayloadSize> before;
  for (const auto& [size, samples] : link.series) {
    const double share = static_cast<double>(samples.minimum().count()) / smallest - 1;
    if (before) {
      const double border = border_of(*before, size, link.key.mss);
      curve.points.insert(curve.points.end(),
                          {{border, curve.points.back().y}, {border, 100 * share}});
    }
    curve.points.push_back({static_cast<double>(size.bytes()), 100 * share});
    before = size;
  }
  return curve;
}

std::string name_and_rtt(const LinkRuns& link, std::size_t longest = 22) {
  return fmt::format("{}  {}", printable(link.key.name(), longest),
                     format_duration(link.series.begin()->second.minimum()));
}

void add_to(LinkRuns& sum, const LinkRuns& link) {
  sum.runs += link.runs;
  if (link.first_start) {
    sum.first_start = std::min(sum.first_start.value_or(*link.first_start), *link.first_start);
    sum.last_start = std::max(sum.last_start.value_or(*link.last_start), *link.last_start);
  }
  if (link.header.find("tool") != sum.header.find("tool")) {
    sum.varying.insert("tool");
  }
}

// Each once, whichever links it is about: the closeups say that.
void add_warnings(std::vector<Warning>& warnings, const LinkRuns& link) {
  for (Warning& warning : warnings_of(penalty_table(link, Statistic::minimum()))) {
    if (std::ranges::find(warnings, warning.text, &Warning::text) == warnings.end()) {
      warnings.push_back(std::move(warning));
    }
  }
}

// "6 runs, 2026-11-20 to 2026-11-26, MSS 1448, tcpstep 0.1.0".
std::string facts_of(const LinkRuns& sum, std::optional<Mss> mss) {
  std::vector<std::string> facts{count_of(sum.runs, "run"), period(sum),
                                 mss ? fmt::format("MSS {}", mss->bytes()) : "", version_of(sum)};
  std::erase(facts, "");
  return fmt::format("{}", fmt::join(facts, ", "));
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
    add_spots(panel, *links[i], true);
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
  constexpr double kLetter = 7;  // pixels
  const auto longest = static_cast<std::size_t>(std::max(8.0, width / kLetter - 12));
  std::vector<Panel> panels;
  for (std::size_t i = 0; i < links.size(); ++i) {
    const double left = frame.left + static_cast<double>(i % columns) * width;
    const double top = frame.top + static_cast<double>(i / columns) * height;
    Panel panel{.frame = {left, left + width - 12, top + 20, top + height - 14}, .x = x, .y = y};
    if (i + columns < links.size()) {  // another one below
      panel.x.title.clear();
      panel.x.ticks.clear();
    }
    if (i % columns > 0 || (columns == 2 && i > 0)) {  // a narrow picture has it above all
      panel.y.title.clear();
    }
    if (i % columns > 0) {
      std::ranges::for_each(panel.y.ticks, [](Tick& tick) { tick.text.clear(); });
    }
    panel.curves.push_back(relative_curve(*links[i], Color::Blue));
    add_spots(panel, *links[i], true);
    panel.labels.push_back(
        {x.low, top + 10, name_and_rtt(*links[i], longest), Color::Text, Align::Left});
    panels.push_back(std::move(panel));
  }
  return panels;
}

}  // namespace

Drawing together(std::span<const LinkRuns> all, const Sheet& sheet) {
  constexpr std::size_t kMostLines = 8;
  std::vector<const LinkRuns*> links;
  std::vector<Curve> curves;
  PayloadSize largest(1);
  LinkRuns sum;  // of all links: how many runs, and when
  sum.header = all.empty() ? RunHeader() : all.front().header;
  std::vector<Warning> warnings;
  std::set<Mss> boundaries;  // where any size of a link needs a second segment
  for (const LinkRuns& link : all) {
    if (!link.series.empty()) {
      links.push_back(&link);
      add_to(sum, link);
      add_warnings(warnings, link);
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
      .subtitle = {fmt::format("{}; fastest pings relative to the smallest size, whose RTT is "
                               "beside the name",
                               facts_of(sum, mss)),
                   warning_line(std::move(warnings))},
      .width = sheet.width,
      .height = sheet.height};
  std::erase(drawing.subtitle, "");
  const Axis y = axis_around("added RTT", "%", curves, 0.05, 0.08);
  const bool is_narrow = sheet.width < 600;
  if (links.size() <= kMostLines && !is_narrow) {
    frame.right = sheet.width - 200;
    drawing.panels =
        one_panel(links, payload_axis(largest, mss, frame.right - frame.left), y, frame);
    add_boundaries(drawing.panels[0], mss);
    return drawing;
  }
  constexpr double kRow = 150;
  const std::size_t columns = is_narrow ? 2 : 4;
  const auto rows = static_cast<double>((links.size() + columns - 1) / columns);
  frame.top = is_narrow ? 20 : frame.top;  // no key
  drawing.height = frame.top + rows * kRow + sheet.height - frame.bottom;
  const Axis x =
      payload_axis(largest, mss, (frame.right - frame.left) / static_cast<double>(columns));
  drawing.panels =
      small_panels(links, x, round_axis(y.title, y.low, y.high, 4), frame, columns, kRow);
  for (Panel& panel : drawing.panels) {
    add_boundaries(panel, mss);
  }
  return drawing;
}

}  // namespace tcpstep
