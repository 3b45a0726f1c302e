#include "lib/compare/rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <set>

#include "lib/base/escape.h"
#include "lib/base/text.h"
#include "lib/compare/attribution.h"
#include "lib/compare/render.h"
#include "lib/report/drawing.h"

namespace tcpstep {
namespace {

// Whether all sizes need the same number of segments.
bool has_one_class(const Comparison& comparison) {
  std::set<std::uint32_t> classes;
  for (const ContrastResult& row : comparison.contrasts) {
    classes.insert(row.contrast.segments);
  }
  classes.erase(0);
  return classes.size() == 1;
}

// In the unit of the shortest time of its columns, and with as many decimals as that needs.
std::string time_cell(double ns, double shortest_ns) {
  const RttUnit unit = unit_for(Duration(std::llround(shortest_ns)));
  const double shortest = shortest_ns / unit.ns;
  return fmt::format("{:.{}f} {}", ns / unit.ns,
                     shortest < 100    ? 2
                     : shortest < 1000 ? 1
                                       : 0,
                     unit.name);
}

}  // namespace

ContrastCells cells_of(const ContrastResult& row) {
  const std::string interval =
      row.low ? fmt::format("{} to {} %", bare_percent(*row.low), bare_percent(*row.high))
              : "not tested";
  const std::string p =
      row.p_slower ? fmt::format("{:.4f}", row.change < 0 ? *row.p_faster : *row.p_slower) : "";
  return {std::string(to_word(row.contrast.family)),
          class_word(row.contrast),
          row.before_ns ? format_duration(Duration(std::llround(*row.before_ns))) : "",
          row.now_ns ? format_duration(Duration(std::llround(*row.now_ns))) : "",
          percent(row.change),
          interval,
          p,
          row.is_slower   ? "slower"
          : row.is_faster ? "faster"
          : row.is_larger ? "larger step"
                          : ""};
}

std::vector<ContrastCells> contrast_rows(const Comparison& comparison) {
  std::vector<ContrastResult> shown = comparison.contrasts;
  if (has_one_class(comparison)) {
    std::erase_if(shown, [](const ContrastResult& row) { return row.contrast.segments > 0; });
  }
  double shortest = INFINITY;
  for (const ContrastResult& row : shown) {
    shortest =
        std::min({shortest, row.before_ns.value_or(INFINITY), row.now_ns.value_or(INFINITY)});
  }
  std::vector<ContrastCells> rows;
  for (const ContrastResult& row : shown) {
    rows.push_back(cells_of(row));
    if (row.before_ns && row.now_ns) {
      rows.back()[2] = time_cell(*row.before_ns, shortest);
      rows.back()[3] = time_cell(*row.now_ns, shortest);
    }
  }
  return rows;
}

ExactCells cells_of(const ExactDifference& row) {
  const auto ns = [](double value) {
    return format_difference(Duration(std::llround(value)), Duration(std::llround(value)));
  };
  return {fmt::format("{}", row.size.bytes()),
          row.segments == 0 ? "n/a" : fmt::format("{}", row.segments),
          fmt::format("{} of {}", row.differing, row.pings),
          ns(row.floor_change_ns),
          ns(row.mean_change_ns),
          fmt::format("{:+.3f} %", 100 * row.mean_change)};
}

std::vector<ExactCells> exact_rows(const Comparison& comparison) {
  std::vector<ExactCells> rows;
  for (const ExactDifference& row : comparison.differences) {
    rows.push_back(cells_of(row));
  }
  return rows;
}

std::string rows_text(std::span<const char* const> titles, std::span<const unsigned> ranks,
                      const TextGrid& rows, const Screen& screen) {
  std::vector<ScreenColumn> table;
  for (std::size_t i = 0; i < titles.size(); ++i) {
    table.push_back({.title = titles[i], .gives_way = ranks[i]});
    for (const auto& row : rows) {
      table.back().cells.push_back(visible(row[i]));
    }
  }
  return screen_table(std::move(table), screen.columns);
}

std::string extent(const Comparison& comparison) {
  if (comparison.is_exact) {
    return fmt::format("virtual time, {} of runs with the same seed, {}",
                       count_of(comparison.pairs, "pair"), count_of(comparison.sizes, "size"));
  }
  const std::string blocks =
      comparison.blocks > 0 ? " in " + count_of(comparison.blocks, "block") : "";
  return fmt::format("{} baseline and {} candidate runs{}, {}, {}", comparison.baseline.runs,
                     comparison.candidate.runs, blocks, count_of(comparison.rounds, "round"),
                     count_of(comparison.sizes, "size"));
}

std::string subject_line(const Comparison& comparison) {
  return fmt::format(
      "{}: {}, {}", comparison.link, extent(comparison),
      comparison.mss ? fmt::format("MSS {}", comparison.mss->bytes()) : "MSS unknown");
}

std::vector<std::string> remarks(const Comparison& comparison) {
  std::vector<std::string> lines;
  if (comparison.reasons.size() > 1) {
    lines.insert(lines.end(), comparison.reasons.begin() + 1, comparison.reasons.end());
  }
  if (!comparison.remedy.empty()) {
    lines.push_back(comparison.remedy);
  }
  if (comparison.runs_for_tolerance && comparison.remedy.empty()) {
    lines.push_back(fmt::format("to rule out {:g} %, about {} runs per side are needed",
                                100 * comparison.settings.tolerance,
                                *comparison.runs_for_tolerance));
  }
  if (comparison.excluded && comparison.verdict == Verdict::Faster) {
    const double rise = percent_of(*comparison.excluded);
    lines.push_back(
        rise < 0
            ? fmt::format("every class is at least {:.1f} % faster", -rise)
            : fmt::format("a slowdown of more than {:.1f} % is ruled out in every class", rise));
  }
  const bool is_larger_step = std::any_of(comparison.contrasts.begin(), comparison.contrasts.end(),
                                          [](const ContrastResult& row) { return row.is_larger; });
  if (is_larger_step) {
    lines.emplace_back(
        "a step grew because the smaller sizes became faster, not because its own became slower");
  }
  for (const LocalResult& local : comparison.locals) {
    lines.push_back(fmt::format("{} bytes: {} relative to its class, adjusted p {:.4f}",
                                local.size.bytes(), percent(local.change), local.p_slower));
  }
  const bool is_class_hit = std::any_of(comparison.contrasts.begin(), comparison.contrasts.end(),
                                        [](const ContrastResult& row) { return row.is_slower; });
  if (!comparison.locals.empty() && is_class_hit && is_boundary_moved(comparison)) {
    lines.emplace_back("the shifts of whole classes may follow from these sizes");
  }
  if (comparison.mss && has_one_class(comparison) &&
      comparison.contrasts.front().contrast.segments == 0 &&
      std::ranges::all_of(comparison.contrasts,
                          [](const ContrastResult& row) { return row.contrast.segments <= 1; })) {
    lines.push_back(
        fmt::format("every size is one packet (MSS {}): for packet boundaries, measure between two "
                    "hosts, or over a loopback with an MTU of 1500",
                    comparison.mss->bytes()));
  }
  if (comparison.run_deviation) {
    lines.push_back(
        fmt::format("runs of the same side differ by {:.2f} % (standard deviation of the floor)",
                    percent_of(*comparison.run_deviation)));
  }
  const std::uint64_t lost = comparison.baseline.lost + comparison.candidate.lost;
  ResentPings resent = comparison.baseline.resent;
  resent.merge(comparison.candidate.resent);
  if (lost > 0) {
    lines.push_back(fmt::format("{} lost", count_of(lost, "ping")));
  }
  if (resent.total() > 0) {
    lines.push_back(resent.text());
  }
  lines.insert(lines.end(), comparison.notes.begin(), comparison.notes.end());
  for (const EnvironmentDifference& difference : comparison.environment) {
    lines.push_back(fmt::format("{}: {} before, {} now", difference.what, difference.baseline,
                                difference.candidate));
  }
  return lines;
}

}  // namespace tcpstep
