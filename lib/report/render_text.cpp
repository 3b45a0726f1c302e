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

}  // namespace

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
