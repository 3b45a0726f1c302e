#include "analysis/history_script.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

#include "analysis/gnuplot_parts.h"
#include "lib/base/text.h"
#include "lib/compare/history_rows.h"
#include "lib/compare/render_history.h"
#include "lib/stats/estimators.h"

namespace tcpstep {
namespace {

constexpr std::array<std::string_view, 7> kColours{"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                                   "#E69F00", "#56B4E9", "#000000"};

// The floors of classes; of all sizes where there is only one class.
std::vector<const HistoryColumn*> drawn(const History& history) {
  std::vector<const HistoryColumn*> columns;
  for (const HistoryColumn& column : history.columns) {
    if (column.contrast.family == Family::Floor && column.contrast.segments > 0) {
      columns.push_back(&column);
    }
  }
  return columns;
}

double seconds(const HistoryPoint& point) {
  return std::chrono::duration<double>(point.started.time_since_epoch()).count();
}

// A line per point: time, and each class' floor with its median between changes; a blank line where
// the level changed.
std::string data_of(const History& history, const std::vector<const HistoryColumn*>& columns,
                    const PlotUnit& unit) {
  std::vector<std::size_t> borders{0};
  for (const HistoryChange& change : history.changes) {
    borders.push_back(change.first);
  }
  borders.push_back(history.points.size());
  std::string text = "$points << EOD\n";
  for (std::size_t i = 0; i + 1 < borders.size(); ++i) {
    std::vector<double> levels;
    for (const HistoryColumn* column : columns) {
      const auto at = [&](std::size_t point) {
        return column->values.begin() + static_cast<std::ptrdiff_t>(point);
      };
      levels.push_back(median_of({at(borders[i]), at(borders[i + 1])}));
    }
    text += i == 0 ? "" : "\n";
    for (std::size_t point = borders[i]; point < borders[i + 1]; ++point) {
      fmt::format_to(std::back_inserter(text), "{:.3f}", seconds(history.points[point]));
      for (std::size_t c = 0; c < columns.size(); ++c) {
        fmt::format_to(std::back_inserter(text), " {:.6g} {:.6g}",
                       std::exp(columns[c]->values[point]) / unit.nanoseconds,
                       std::exp(levels[c]) / unit.nanoseconds);
      }
      text += '\n';
    }
  }
  return text + "EOD\n";
}

constexpr double kLong = 3.0 * 24 * 3600;  // seconds: days on the axis rather than hours
constexpr double kShort = 3600;            // seconds: seconds rather than days

std::string when(const HistoryPoint& point, double span) {
  const std::string text = utc(point.started);  // 2026-03-04T02:00:00Z
  return span >= kLong ? text.substr(0, 10) : text.substr(11, 8);
}

// A line and a few words where the level changed; on the left of it where there is no room.
std::string mark_of(const History& history, const HistoryChange& change, double begin, double end,
                    std::size_t row) {
  const double at =
      (seconds(history.points[change.first - 1]) + seconds(history.points[change.first])) / 2;
  const std::string words =
      when(history.points[change.first], end - begin) + "  " + main_finding(change);
  const bool is_left = at > begin + 0.8 * (end - begin);
  return fmt::format(
             "set arrow from {0:.3f}, graph 0 to {0:.3f}, graph 1 nohead lw 1.4 dt (6,4) lc rgb "
             "'{1}' back\n",
             at, change.is_slower() ? "#B24A00" : "#007A5A") +
         label(words,
               fmt::format("{:.3f}, graph {:.3f}", at, 0.97 - 0.045 * static_cast<double>(row)),
               fmt::format("{} offset {},0 font ',10' tc rgb '{}'", is_left ? "right" : "left",
                           is_left ? -0.5 : 0.5, change.is_slower() ? "#B24A00" : "#007A5A"));
}

}  // namespace

PlotScript history_script(const History& history) {
  const std::string name = "history-" + history.link;
  const auto columns = drawn(history);
  double least = INFINITY;
  for (const HistoryColumn* column : columns) {
    least = std::min(least, *std::min_element(column->values.begin(), column->values.end()));
  }
  const PlotUnit unit = unit_for(Duration(std::llround(std::exp(least))));
  const double begin = seconds(history.points.front());
  const double end = std::max(seconds(history.points.back()), begin + 1);
  const double margin = 0.01 * (end - begin);
  std::string text =
      "# The floor of each class over time, and where it changed. Drawn by tcpstep-analyze "
      "history.\n" +
      data_of(history, columns, unit) + std::string(kPlotStyle) +
      title_and_subtitle(headline(history), subject_line(history)) +
      fmt::format(
          "set xdata time\nset timefmt '%s'\nset format x '{}'\nset xrange [{:.3f}:{:.3f}]\n"
          "set xlabel 'start of the run (UTC)' textcolor rgb '#404040'\n"
          "set ylabel 'floor of the RTT ({})' textcolor rgb '#404040' offset 0.5,0\n"
          "set rmargin at screen 0.875\nset offsets 0,0,graph 0.14,graph 0.04\n"
          "set key at screen 0.985,0.855 right top vertical reverse Left samplen 1.2 spacing 1.25 "
          "tc rgb '#303030'\n",
          end - begin >= kLong    ? "%Y-%m-%d"
          : end - begin >= kShort ? "%m-%d %H:%M"
                                  : "%H:%M:%S",
          begin - margin, end + margin, unit.name);
  for (std::size_t i = 0; i < history.changes.size(); ++i) {
    text += mark_of(history, history.changes[i], begin, end, i % 3);
  }
  std::string plot;
  for (std::size_t c = columns.size();
       c-- > 0;) {  // the key has them as they lie: large ones above
    const std::string_view colour = kColours[c % kColours.size()];
    plot += fmt::format(
        "{}$points using 1:{} with points pt 7 ps 0.6 lc rgb '#60{}' notitle, "
        "$points using 1:{} with lines lw 2.2 lc rgb '{}' title '{}'",
        plot.empty() ? "plot " : ", ", 2 + 2 * c, colour.substr(1), 3 + 2 * c, colour,
        count_of(columns[c]->contrast.segments, "segment"));
  }
  return {.name = name, .text = text + draw_script(name, plot + '\n', true), .has_svg = true};
}

}  // namespace tcpstep
