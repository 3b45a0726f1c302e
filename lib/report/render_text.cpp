#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/text.h"
#include "lib/report/drawing.h"
#include "lib/report/render.h"
#include "lib/report/rows.h"

namespace tcpstep {
namespace {

constexpr std::size_t kLongestLink = 20;  // columns
constexpr std::size_t kMostNamedHosts = 6;

std::string warning_lines(const std::string& text, const std::string& remedy,
                          const Screen& screen) {
  return wrapped(text, screen.columns, "  ! ", "    ") +
         (remedy.empty() ? std::string() : wrapped(remedy, screen.columns, "    ", "    "));
}

// "4 runs of 3 labels are pooled: anna, ben, -."
Warning pooled(const PenaltyTable& table, const std::vector<std::string>& names,
               std::string_view what, std::string_view part) {
  std::string list;
  for (std::size_t i = 0; i < std::min(names.size(), kMostNamedHosts); ++i) {
    list += (i == 0 ? "" : ", ") + printable(names[i]);
  }
  return {
      .key = {},
      .text = fmt::format("{} of {} {} are pooled: {}{}.", count_of(table.runs, "run"),
                          names.size(), what, list, names.size() > kMostNamedHosts ? ", …" : ""),
      .remedy = fmt::format("To tell them apart: --by {}.", part)};
}

// Who was pooled under one name.
std::vector<Warning> pooled_clients(const PenaltyTable& table) {
  std::vector<Warning> warnings;
  const bool is_up = table.senders.size() > table.receivers.size();
  if (const auto& clients = is_up ? table.senders : table.receivers; clients.size() > 1) {
    warnings.push_back(pooled(table, clients, "hosts", "host"));
  }
  if (table.labels.size() > 1) {
    warnings.push_back(pooled(table, table.labels, "labels", "label"));
  }
  return warnings;
}

std::vector<ScreenColumn> screen_columns(const CellTable& cells) {
  // What gives way first: the time added, the tail, the sizes, the median.
  constexpr unsigned kGivesWay[]{0, 2, 0, 1, 3, 4, 0};
  std::vector<ScreenColumn> table;
  for (std::size_t i = 0; i < cells.title.size(); ++i) {
    ScreenColumn& column = table.emplace_back();
    column.title = cells.title[i];
    column.gives_way = kGivesWay[i];
    column.group = i >= 5 ? cells.added_to : "";
    for (const auto& row : cells.rows) {
      column.cells.push_back(row[i]);
    }
  }
  // Nothing was added where all sizes are in one class.
  const bool is_empty = std::ranges::all_of(
      cells.rows, [](const auto& row) { return row[5].empty() && row[6].empty(); });
  table.resize(is_empty && !table.empty() ? 5 : table.size());
  return table;
}

std::string fitted_text(const PenaltyTable& table, const Screen& screen) {
  const CellTable fitted = fitted_cells(table);
  std::string text;
  if (!fitted.rows.empty()) {
    TextGrid grid{fitted.title};
    grid.insert(grid.end(), fitted.rows.begin(), fitted.rows.end());
    text = align(grid);
  }
  return fitted.text.empty() ? text : text + wrapped(fitted.text, screen.columns, "  ", "  ");
}

// Each warning once, after the links that it is about.
std::string overview_notes(std::span<const PenaltyTable> tables, const Screen& screen) {
  std::vector<std::pair<Warning, std::vector<std::string>>> found;
  const auto note = [&](const Warning& warning, const std::string& link) {
    const auto known = std::ranges::find_if(found, [&](const auto& entry) {
      const Warning& other = entry.first;
      return warning.key.empty() ? other.text == warning.text : other.key == warning.key;
    });
    if (known != found.end()) {
      known->second.push_back(link);
    } else {
      found.push_back({warning, {link}});
    }
  };
  for (const PenaltyTable& table : tables) {
    if (const std::string reason = why_no_penalties(table); !reason.empty()) {
      note({.key = {}, .text = reason, .remedy = {}}, table.link);
    }
    for (const std::string& caveat : caveats(table)) {
      note({.key = {}, .text = caveat, .remedy = {}}, table.link);
    }
    for (const Warning& warning : pooled_clients(table)) {
      note(warning, table.link);
    }
    for (const Warning& warning : table.warnings) {
      note(warning, table.link);
    }
  }
  std::string text;
  for (const auto& [warning, links] : found) {
    std::string names;
    for (const std::string& link : links) {
      names += (names.empty() ? "" : ", ") + link;
    }
    text += warning_lines(
        fmt::format("{}: {}", links.size() == tables.size() ? "all links" : names, warning.text),
        warning.remedy, screen);
  }
  return text;
}

// In the unit of the table's fastest ping, which gets three digits, so that a column has one unit
// and as many decimals everywhere.
std::string rtt_cell(const PenaltyTable& table, Duration rtt) {
  const Duration fastest = table.reference_levels.fastest;
  const RttUnit unit = unit_for(fastest);
  const int decimals = std::max(0, decimals_of(unit.of(fastest)) - 1);
  return fmt::format("{:.{}f} {}", unit.of(rtt), decimals, unit.name);
}

// The time added: with one decimal more, where there are fewer than two.
std::string added_cell(const PenaltyTable& table, Duration extra) {
  const Duration fastest = table.reference_levels.fastest;
  const RttUnit unit = unit_for(fastest);
  const int decimals = std::min(2, decimals_of(unit.of(fastest)));
  const double value = unit.of(extra);
  return fmt::format("{:+.{}f} {}", std::abs(value) < 0.5 * std::pow(10.0, -decimals) ? 0.0 : value,
                     decimals, unit.name);
}

// How the fit was made, or why there is none.
std::string about_fit(const PenaltyTable& table) {
  const FittedPenalties& fitted = table.fitted;
  if (fitted.runs == 0) {
    return fitted.too_short > 0 ? fmt::format("no fit: it takes {} rounds", kFewestSamplesForFit)
           : fitted.uneven > 0  ? std::string("no fit: the times within a class are not on a line")
                                : std::string();
  }
  std::string text = fmt::format(
      "fitted to the fastest pings: 2 x(1) - x(2) of each size, one slope, one step per class; {}",
      fitted.runs >= kFewestRunsForInterval
          ? fmt::format("95 % intervals over {}", count_of(fitted.runs, "run"))
      : fitted.runs == 1 ? std::string("within-run only: another run may differ by more")
                         : fmt::format("no interval: {}, at least {} are needed",
                                       count_of(fitted.runs, "run"), kFewestRunsForInterval));
  if (fitted.is_line_off) {
    text += fmt::format("; the line does not hold at 1 byte: fitted {}, measured {}",
                        format_duration(Duration(std::llround(fitted.fitted_one_byte_ns))),
                        format_duration(Duration(std::llround(fitted.measured_one_byte_ns))));
  }
  if (fitted.uneven > 0) {
    text += fmt::format("; {} not fitted: the times within a class are not on a line",
                        count_of(fitted.uneven, "run"));
  }
  return text;
}

}  // namespace

CellTable class_cells(const PenaltyTable& table) {
  CellTable cells;
  if (!table.reference_size || (table.classes.empty() && !table.largest)) {
    return cells;
  }
  const auto add = [&](std::string packets, std::string sizes, const Levels& levels,
                       const Penalty* penalty) {
    cells.rows.push_back({std::move(packets), std::move(sizes), rtt_cell(table, levels.fastest),
                          rtt_cell(table, levels.median),
                          levels.p99 ? rtt_cell(table, *levels.p99) : "–",
                          penalty != nullptr ? added_cell(table, penalty->extra) : "",
                          penalty != nullptr ? percent_cell(*penalty) : ""});
  };
  const std::string_view statistic = table.statistic.name() == "min" ? "fastest" : "";
  cells.added_to = fmt::format("added to {}",
                               statistic.empty() ? table.statistic.name() : std::string(statistic));
  cells.title = {"packets", "payload bytes", "fastest", "median", "p99", "time", "share"};
  const bool is_comparable = why_no_penalties(table).empty();
  const bool has_one_row = table.classes.size() == 1;
  if (!has_one_row) {
    const std::uint32_t segments =
        table.mss ? segments_needed(*table.reference_size, *table.mss) : 0;
    add(table.mss ? fmt::format("{}", segments) : "?",
        fmt::format("{}", table.reference_size->bytes()), table.reference_levels, nullptr);
  }
  if (table.filling) {
    add("1, full", sizes_cell(*table.filling), table.filling->levels, &*table.filling);
  }
  for (const SegmentClass& row : table.classes) {
    if (row.segments > 1 || !is_comparable) {
      add(fmt::format("{}", row.segments), sizes_cell(row.penalty), row.penalty.levels,
          is_comparable ? &row.penalty : nullptr);
    }
  }
  if (table.largest) {
    add("?", sizes_cell(*table.largest), table.largest->levels, &*table.largest);
  }
  return cells;
}

CellTable fitted_cells(const PenaltyTable& table) {
  CellTable cells;
  if (table.classes.empty()) {
    return cells;
  }
  for (std::size_t i = 0; i < kPenaltyRows.size(); ++i) {
    if (const auto& row = table.fitted.rows[i]) {
      cells.rows.push_back(
          {std::string(kPenaltyRows[i].words), fmt::format("{}", row->size.bytes()),
           row->includes_zero() ? "~" : signed_percent(row->share),
           row->low ? fmt::format("{:+.1f} to {:+.1f} %", *row->low * 100, *row->high * 100) : ""});
    }
  }
  if (!cells.rows.empty()) {
    cells.title = {"fitted at the boundary", "bytes", "penalty", "95 % interval"};
  }
  cells.text = about_fit(table);
  return cells;
}

std::string notes_text(const PenaltyTable& table, const Screen& screen) {
  std::string text;
  for (const Warning& warning : pooled_clients(table)) {
    text += warning_lines(warning.text, warning.remedy, screen);
  }
  for (const std::string& caveat : caveats(table)) {
    text += warning_lines(caveat, {}, screen);
  }
  return text + warnings_text(table.warnings, screen);
}

std::string warnings_text(std::span<const Warning> warnings, const Screen& screen) {
  std::string text;
  for (const Warning& warning : warnings) {
    text += warning_lines(warning.text, warning.remedy, screen);
  }
  return text;
}

namespace {

// One link: heading, table, warnings.
std::string link_text(const PenaltyTable& table, const Screen& screen, bool has_fit) {
  std::string text =
      wrapped(heading(table), screen.columns) + wrapped(extent(table), screen.columns);
  if (const std::string reason = why_no_penalties(table); !reason.empty()) {
    text += wrapped(reason, screen.columns);
  }
  if (const CellTable cells = class_cells(table); !cells.rows.empty()) {
    text += screen_table(screen_columns(cells), screen.columns);
  }
  text += notes_text(table, screen);
  return has_fit ? text + fitted_text(table, screen) : text;
}

// Several links: one row each, and their warnings.
std::string overview_text(std::span<const PenaltyTable> tables, const Screen& screen) {
  std::uint64_t runs = 0;
  bool is_one_byte = true;
  for (const PenaltyTable& table : tables) {
    runs += table.runs;
    is_one_byte = is_one_byte && table.reference_size.value_or(PayloadSize(1)) == PayloadSize(1);
  }
  const std::string rtt = is_one_byte ? "RTT of 1 byte" : "RTT of smallest size";
  const std::string added = "added by packet";
  std::vector<ScreenColumn> columns{{.title = "link"},
                                    {.title = "runs", .gives_way = 5},
                                    {.title = "fastest", .group = rtt},
                                    {.title = "median", .gives_way = 3, .group = rtt},
                                    {.title = "p99", .gives_way = 4, .group = rtt},
                                    {.title = "full", .gives_way = 1, .group = added},
                                    {.title = "2nd", .group = added},
                                    {.title = "4th", .gives_way = 2, .group = added},
                                    {.title = "last", .gives_way = 6}};
  const bool has_trend = std::ranges::any_of(tables, [](const PenaltyTable& table) {
    return table.trend && !table.trend->levels.empty();
  });
  if (has_trend) {
    columns.push_back({.title = "change", .gives_way = 2});
  }
  for (const PenaltyTable& table : tables) {
    const bool has_samples = table.reference_size.has_value();
    const Levels& levels = table.reference_levels;
    std::vector<std::string> cells{cut_to(table.link, kLongestLink),
                                   fmt::format("{}", table.runs),
                                   has_samples ? short_duration(levels.fastest) : "–",
                                   has_samples ? short_duration(levels.median) : "–",
                                   levels.p99 ? short_duration(*levels.p99) : "–",
                                   short_percent(table.filling),
                                   short_percent(table.second),
                                   short_percent(table.fourth),
                                   table.last_day};
    if (has_trend) {
      cells.push_back(table.trend ? table.trend->words : "–");
    }
    for (std::size_t i = 0; i < columns.size(); ++i) {
      columns[i].cells.push_back(cells[i]);
    }
  }
  return fmt::format("{}, {}\n", count_of(tables.size(), "link"), count_of(runs, "run")) +
         screen_table(std::move(columns), screen.columns) + overview_notes(tables, screen);
}

}  // namespace

std::string render_text(std::span<const PenaltyTable> tables, const TextOptions& options) {
  if (tables.empty()) {
    return {};
  }
  if (tables.size() > 1 && !options.has_details) {
    return overview_text(tables, options.screen);
  }
  std::string text = tables.size() > 1 ? overview_text(tables, options.screen) : std::string();
  for (const PenaltyTable& table : tables) {
    text += (text.empty() ? "" : "\n") + link_text(table, options.screen, options.has_fit);
  }
  return text;
}

}  // namespace tcpstep
