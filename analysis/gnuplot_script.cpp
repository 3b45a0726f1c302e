#include "analysis/gnuplot_script.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string_view>

#include "analysis/gnuplot_parts.h"
#include "lib/base/text.h"
#include "lib/report/penalty_table.h"
#include "lib/report/rows.h"
#include "lib/stats/statistic.h"

namespace tcpstep {
namespace {

constexpr std::uint64_t kMostSvgPoints = 5000;
constexpr double kPlotWidth = 1090;  // pixels of the 1200 that lie between the axes

// What both pictures need to know of a link.
struct Picture {
  explicit Picture(const LinkRuns& runs)
      : link(runs),
        table(penalty_table(runs, Statistic::minimum())),
        smallest(Duration::max()),
        largest(Duration::min()),
        largest_size(runs.series.rbegin()->first.bytes()) {
    for (const auto& [size, rtts] : runs.series) {
      smallest = std::min(smallest, rtts.minimum());
      largest = std::max(largest, rtts.maximum());
    }
    unit = unit_for(smallest);
    right = largest_size + std::max(1.0, largest_size * 0.01);
  }

  // Room on the x axis for one class of segments, in pixels.
  [[nodiscard]] double class_width() const {
    return table.mss ? table.mss->bytes() * kPlotWidth / (right * 1.006) : kPlotWidth;
  }
  // Label every n-th class only, so that each label has `pixels` of room.
  [[nodiscard]] std::uint32_t stride(double pixels) const {
    return static_cast<std::uint32_t>(std::ceil(pixels / class_width()));
  }

  const LinkRuns& link;
  PenaltyTable table;
  Duration smallest;
  Duration largest;
  double largest_size;
  double right = 0;  // end of the x axis
  PlotUnit unit{};
};

std::string head(const Picture& picture, std::string_view title) {
  const PenaltyTable& table = picture.table;
  const std::string conditions = picture.link.conditions();
  const std::string subtitle = fmt::format(
      "{}, {}, {}{}{}{}", count_of(table.runs, "run"), count_of(table.samples, "sample"),
      table.mss ? fmt::format("MSS {}", table.mss->bytes()) : "MSS unknown",
      conditions.empty() ? "" : ", " + conditions,
      table.clock == RttClock::Kernel ? ", kernel clock" : "", doubts(table));
  return std::string(kPlotStyle) + title_and_subtitle(title, subtitle) +
         fmt::format("set xrange [{}:{}]\n", -0.006 * picture.right, picture.right);
}

// Dashed lines at k·MSS, as many as can be told apart.
std::string boundaries(const Picture& picture) {
  std::string text;
  if (!picture.table.mss) {
    return text;
  }
  const double mss = picture.table.mss->bytes();
  const std::uint32_t step = picture.stride(8);
  for (std::uint32_t k = step; k * mss < picture.right; k += step) {
    text += fmt::format("set arrow from {0}, graph 0 to {0}, graph 1 nohead ls 20 back\n", k * mss);
  }
  return text;
}

std::string class_name(std::uint32_t segments, double room) {
  return room < 80 ? fmt::format("{}", segments) : count_of(segments, "segment");
}

// A data block with one line per size: what `columns` gives for its series.
template <class Columns>
std::string data_block(std::string_view name, const LinkRuns& link, Columns columns) {
  std::string text = fmt::format("${} << EOD\n", name);
  for (const auto& [size, rtts] : link.series) {
    columns(text, size, rtts);
  }
  return text + "EOD\n";
}

std::string finding(const PenaltyTable& table) {
  const std::string reason = why_no_penalties(table);
  if (!reason.empty()) {
    return fmt::format("{}: {}", table.link, reason);
  }
  if (!table.second && !table.fourth) {
    return table.link + ": no size needs two or four segments";
  }
  std::string text = table.link + ":";
  if (table.second) {
    text += fmt::format(" a second packet costs {} ({:+.1f} %)",
                        format_difference(table.second->extra, table.reference_rtt),
                        table.second->share * 100);
  }
  if (table.fourth) {
    text += fmt::format("{} a fourth {} ({:+.1f} %)", table.second ? "," : "",
                        format_difference(table.fourth->extra, table.reference_rtt),
                        table.fourth->share * 100);
  }
  return text;
}

}  // namespace

PlotScript all_results_script(const LinkRuns& link, std::string_view stem) {
  const Picture picture(link);
  const PlotUnit unit = picture.unit;
  const auto first = link.series.begin();
  const auto last = link.series.rbegin();
  const double low = unit.of(picture.smallest);
  const double high = unit.of(picture.largest);
  const bool is_log = high > 3 * low;
  const std::string name = "all-" + std::string(stem);
  const std::uint64_t samples = link.samples();

  std::string text =
      "# All results: every sample, median and minimum over payload size. Drawn by tcpstep-analyze "
      "plot.\n";
  text += data_block("samples", link, [&](std::string& lines, PayloadSize size, const auto& rtts) {
    for (const Duration rtt : rtts.first_samples()) {
      fmt::format_to(std::back_inserter(lines), "{} {:.6g}\n", size.bytes(), unit.of(rtt));
    }
  });
  text += data_block("sizes", link, [&](std::string& lines, PayloadSize size, const auto& rtts) {
    fmt::format_to(std::back_inserter(lines), "{} {:.6g} {:.6g}\n", size.bytes(),
                   unit.of(rtts.minimum()), unit.of(rtts.quantile(0.5)));
  });
  text += head(
      picture,
      fmt::format("{}: at best {} for {}, {} for {}", picture.table.link,
                  format_duration(first->second.minimum()), count_of(first->first.bytes(), "byte"),
                  format_duration(last->second.minimum()), count_of(last->first.bytes(), "byte")));
  text += boundaries(picture);
  for (const SegmentClass& row : picture.table.classes) {
    const double begin = (row.segments - 1.0) * picture.table.mss->bytes();
    const double room =
        std::min(picture.class_width(), (picture.right - begin) / picture.right * kPlotWidth);
    if ((row.segments - 1) % picture.stride(25) == 0 && room > 20) {
      text += label(class_name(row.segments, room), fmt::format("{}, graph 0.975", begin),
                    "offset 0.4,0 font ',9' tc rgb '#8a8a8a'");
    }
  }
  text += fmt::format("set ylabel 'RTT ({}{})' textcolor rgb '#404040' offset 0.5,0\n", unit.name,
                      is_log ? ", log scale" : "");
  if (is_log) {
    text += log_axis(low, high);
  }
  text += fmt::format("set yrange [{:.6g}:{:.6g}]\n", low * 0.95, high * (is_log ? 1.25 : 1.08));
  text +=
      "set key at screen 0.975,0.905 right center horizontal reverse Left samplen 1.4 "
      "tc rgb '#303030'\n";
  const std::string plot = fmt::format(
      "plot $samples using 1:2 with points pt 7 ps 0.5 lc rgb '#a00072B2' title "
      "'each of {}', $sizes using 1:3 with lines ls 3 title 'median', "
      "$sizes using 1:2 with lines ls 2 title 'minimum'\n",
      count_of(samples, "sample"));
  const bool has_svg = samples <= kMostSvgPoints;
  return {.name = name, .text = text + draw_script(name, plot, has_svg), .has_svg = has_svg};
}

PlotScript closeup_script(const LinkRuns& link, std::string_view stem) {
  const Picture picture(link);
  const PenaltyTable& table = picture.table;
  const PlotUnit unit = picture.unit;
  const std::string name = "closeup-" + std::string(stem);

  Duration highest_quartile = Duration::min();
  std::string text =
      "# Closeup: the minimum of every size and the penalty of every class. Drawn by "
      "tcpstep-analyze plot.\n";
  text += data_block("sizes", link, [&](std::string& lines, PayloadSize size, const auto& rtts) {
    const Duration quartile = rtts.quantile(0.25);
    highest_quartile = std::max(highest_quartile, quartile);
    fmt::format_to(std::back_inserter(lines), "{} {:.6g} {:.6g}\n", size.bytes(),
                   unit.of(rtts.minimum()), unit.of(quartile));
  });
  const double low = unit.of(picture.smallest);
  const double span = std::max(unit.of(highest_quartile) - low, low * 0.05);
  text += head(picture, finding(table));
  text += boundaries(picture);
  const bool is_comparable = why_no_penalties(table).empty();
  for (const SegmentClass& row : table.classes) {
    const double begin = (row.segments - 1.0) * table.mss->bytes();
    const double end = std::min(begin + table.mss->bytes(), picture.right);
    const double room = (end - begin) / picture.right * kPlotWidth;
    if (room < 0.5) {  // not to be seen, and gnuplot takes quadratic time for many arrows
      continue;
    }
    const bool is_reference = row.segments == table.classes.front().segments;
    const std::string middle = fmt::format("{}", (begin + end) / 2);
    text += fmt::format("set arrow from {},{:.6g} to {},{:.6g} nohead front ls 2\n", begin,
                        unit.of(row.penalty.rtt), end, unit.of(row.penalty.rtt));
    if ((row.segments - 1) % picture.stride(room < 100 ? 25 : 1) != 0 || room < 20) {
      continue;
    }
    text += label(class_name(row.segments, room), middle + ", graph 0.965",
                  "center font ',9' tc rgb '#8a8a8a'");
    if (room < 100 || (!is_reference && !is_comparable)) {
      continue;
    }
    text += label(
        is_reference ? format_duration(table.reference_rtt)
                     : format_difference(row.penalty.extra, table.reference_rtt),
        middle + ", graph 0.915",
        is_reference ? "center font ',11' tc rgb '#404040'" : "center font ',11' tc rgb '#B24A00'");
    text += label(
        is_reference ? fmt::format("at {}", count_of(table.reference_size->bytes(), "byte"))
                     : fmt::format("{:+.1f} %", row.penalty.share * 100),
        middle + ", graph 0.87",
        is_reference ? "center font ',9' tc rgb '#404040'" : "center font ',9' tc rgb '#B24A00'");
  }
  text += fmt::format("set ylabel 'RTT ({})' textcolor rgb '#404040' offset 0.5,0\n", unit.name);
  text += fmt::format("set yrange [{:.6g}:{:.6g}]\n", low - 0.05 * span,
                      unit.of(highest_quartile) + 0.25 * span);
  text +=
      "set key at graph 0.992,0.03 right bottom vertical reverse Left samplen 1.8 spacing 1.25 "
      "tc rgb '#303030' opaque fillcolor rgb '#f0ffffff'\n";
  std::string plot =
      "plot $sizes using 1:2:3 with filledcurves fs transparent solid 0.22 noborder lc rgb "
      "'#0072B2' title 'minimum to lower quartile', "
      "$sizes using 1:2 with linespoints ls 1 ps 0.5 title 'minimum'";
  plot += table.classes.empty()
              ? "\n"
              : ", NaN with lines ls 2 title 'mean of the minima of that many segments'\n";
  return {.name = name, .text = text + draw_script(name, plot, true), .has_svg = true};
}

}  // namespace tcpstep
