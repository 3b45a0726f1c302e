#include "lab/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <utility>
#include <vector>

#include "lab/measure.h"
#include "lab/virtual_machine.h"
#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/process.h"
#include "lib/base/text.h"
#include "lib/cli/program.h"
#include "lib/cli/screen.h"
#include "lib/link/profile_file.h"
#include "lib/report/rows.h"
#include "lib/runfile/run_reader.h"

namespace tcpstep {
namespace {

namespace fs = std::filesystem;

constexpr double kSweetSpot = 1.02;  // less than one radio block of EDGE

using Grid = std::vector<std::vector<std::string>>;

// A Markdown table with its columns aligned.
std::string render_grid(const Grid& grid) {
  std::vector<std::size_t> widths(grid.front().size());
  for (const auto& row : grid) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], row[i].size());
    }
  }
  std::string text;
  for (std::size_t line = 0; line < grid.size(); ++line) {
    text += '|';
    for (std::size_t i = 0; i < widths.size(); ++i) {
      text += i == 0 ? fmt::format(" {:<{}} |", grid[line][i], widths[i])
                     : fmt::format(" {:>{}} |", grid[line][i], widths[i]);
    }
    text += '\n';
    if (line == 0) {
      text += '|';
      for (std::size_t i = 0; i < widths.size(); ++i) {
        text += std::string(widths[i] + 1, '-') + (i == 0 ? "-|" : ":|");
      }
      text += '\n';
    }
  }
  return text;
}

// A penalty beside that of 2014.
struct TableRow {
  std::string_view words;
  std::string_view title;  // where links are rows
  PenaltyTable TableColumn::*statistic;
  std::optional<Penalty> PenaltyTable::*penalty;
  std::optional<int> Reference2014::*reference;

  [[nodiscard]] const std::optional<Penalty>& measured(const TableColumn& column) const {
    return column.*statistic.*penalty;
  }
};
constexpr std::array<TableRow, 4> kRows{{
    {kPenaltyRows[0].words, "full", &TableColumn::minima, &PenaltyTable::filling,
     &Reference2014::filling},
    {kPenaltyRows[1].words, "2nd", &TableColumn::minima, &PenaltyTable::second,
     &Reference2014::second},
    {kPenaltyRows[2].words, "4th", &TableColumn::minima, &PenaltyTable::fourth,
     &Reference2014::fourth},
    {"average, for filling the packet", "average", &TableColumn::means, &PenaltyTable::filling,
     &Reference2014::average_filling},
}};

// "31.2 (30, +1.2)", or without the difference.
std::string cell(const TableRow& row, const TableColumn& column, bool has_difference) {
  const std::optional<Penalty>& measured = row.measured(column);
  const std::optional<int> reference = column.reference.*row.reference;
  if (!measured) {
    return "n/a";
  }
  const double percent = measured->share * 100;
  return fmt::format("{:.1f}{}", percent,
                     !reference ? std::string()
                     : has_difference
                         ? fmt::format(" ({}, {:+.1f})", *reference, percent - *reference)
                         : fmt::format(" ({})", *reference));
}

std::string largest_difference(std::span<const TableColumn> columns) {
  double largest = 0;
  std::string where;
  for (const TableRow& row : kRows) {
    for (const TableColumn& column : columns) {
      const std::optional<Penalty>& measured = row.measured(column);
      const std::optional<int> reference = column.reference.*row.reference;
      if (measured && reference &&
          std::abs(measured->share * 100 - *reference) > std::abs(largest)) {
        largest = measured->share * 100 - *reference;
        where = fmt::format("{}, {}", column.minima.link, row.words.substr(0, row.words.find(',')));
      }
    }
  }
  return fmt::format("The largest difference from 2014 is {:+.1f} points ({}).\n", largest, where);
}

// What to know about the table, a sentence in each line.
std::string remarks(std::span<const TableColumn> columns) {
  std::string text = largest_difference(columns);
  for (const TableColumn& column : columns) {
    const std::string& link = column.minima.link;
    if (!column.reference.sweet_spot.empty() && column.sweet_spot) {
      text += fmt::format("The average of {} is lowest from {} to {} bytes (2014: {}).\n", link,
                          column.sweet_spot->smallest.bytes(), column.sweet_spot->largest.bytes(),
                          column.reference.sweet_spot);
    }
    if (!column.reference.remark.empty()) {
      text += fmt::format("{} in 2014: {}.\n", link, column.reference.remark);
    }
    if (link.find("-x") != std::string::npos) {
      text += fmt::format(
          "{} is slowed down by the factor in its name, so that the hosts' own time does not "
          "matter.\n",
          link);
    }
    if (!column.is_faithful) {
      text += fmt::format("! {} is not faithful: the machine was too busy for it.\n", link);
    }
  }
  return text;
}

// Gigabit Ethernet is too fast for the hosts: the table slows it down.
Scale table_scale(std::string_view profile) {
  return profile == "lan" ? Scale(100 * Scale::kOne) : Scale();
}

std::vector<LinkOptions> table_links(const TableOptions& options) {
  std::vector<LinkOptions> links;
  for (const BuiltInProfile& profile : built_in_profiles()) {
    links.push_back({.profile = std::string(profile.name),
                     .scale = table_scale(profile.name),
                     .is_swapped = false,
                     .seed = options.seed});
  }
  return links;
}

fs::path result_file(const TableOptions& options, const LinkOptions& link) {
  return options.results / (link.load().name + ".csv");
}

void measure_links(const TableOptions& options, bool is_virtual) {
  const TemporaryFolder unfinished;
  std::size_t files = 0;
  MeasureOptions measurement{.links = table_links(options),
                             .place = {.is_virtual = is_virtual, .kernel = options.kernel},
                             .log = {},
                             .sizes = "1:9901:100",
                             .rounds = options.rounds,
                             .label = {},
                             .results = unfinished.path()};
  const int status =
      measure_each(measurement, [&](const LinkOptions& link, const fs::path& measured) {
        replace_file(result_file(options, link), read_file(measured));
        ++files;
      });
  if (files < measurement.links.size()) {
    throw WorldError(
        fmt::format("cannot measure every link (status {}); see the errors above", status));
  }
}

TableColumn read_column(const TableOptions& options, const LinkOptions& link) {
  const Run run = read_run(result_file(options, link), RttClock::Application);
  const bool is_faithful = run.header.find("lab_faithful") != "no";
  RunCollection runs;
  runs.add(run);
  TableColumn column = table_column(runs.links()[0], reference_2014(link.profile));
  column.is_faithful = is_faithful;
  return column;
}

void draw_plots(const TableOptions& options) {
  const std::filesystem::path folder = options.results / "plots";
  Command each{sibling_program("tcpstep-analyze", "analysis"), "plot", "--output", folder};
  Command together{each[0], "plot", "--together", "--output", folder / "together.png"};
  for (const LinkOptions& link : table_links(options)) {
    each.push_back(result_file(options, link));
    together.push_back(result_file(options, link));
  }
  for (const Command& command : {each, together}) {
    run_tool(command, "draw the plots with tcpstep-analyze");
  }
}

}  // namespace

TableColumn table_column(const LinkRuns& runs, const Reference2014& reference) {
  TableColumn column{.reference = reference,
                     .minima = penalty_table(runs, Statistic::minimum()),
                     .means = penalty_table(runs, Statistic::mean()),
                     .sweet_spot = {}};
  std::vector<std::pair<PayloadSize, Duration>> means;
  for (const auto& [size, rtts] : runs.series) {
    means.emplace_back(size, Statistic::mean().of(rtts).value_or(Duration::max()));
  }
  const auto by_mean = [](const auto& entry) { return entry.second; };
  const auto lowest = std::ranges::min_element(means, {}, by_mean);
  if (lowest != means.end()) {
    const auto is_above = [&](const auto& entry) {
      return static_cast<double>(entry.second.count()) >
             kSweetSpot * static_cast<double>(lowest->second.count());
    };
    const auto end = std::find_if(lowest, means.end(), is_above);
    const auto begin =
        std::find_if(std::make_reverse_iterator(lowest), means.rend(), is_above).base();
    column.sweet_spot = {.smallest = begin->first, .largest = std::prev(end)->first};
  }
  return column;
}

std::string render_table(std::span<const TableColumn> columns) {
  Grid grid{{"penalty relative to 1 byte, % (2014, difference)"}};
  for (const TableColumn& column : columns) {
    grid[0].push_back(column.minima.link);
  }
  for (const TableRow& row : kRows) {
    auto& cells = grid.emplace_back();
    cells.emplace_back(row.words);
    for (const TableColumn& column : columns) {
      cells.push_back(cell(row, column, true));
    }
  }
  auto& times = grid.emplace_back();
  times.emplace_back("time of 1 byte");
  for (const TableColumn& column : columns) {
    times.push_back(format_duration(column.minima.reference_rtt));
  }
  return render_grid(grid) + '\n' + remarks(columns);
}

std::string table_text(std::span<const TableColumn> columns, const Screen& screen) {
  constexpr std::string_view kGroup = "penalty in % (2014)";
  std::vector<ScreenColumn> table{{.title = "link"}, {.title = "RTT of 1 byte", .gives_way = 2}};
  for (const TableColumn& column : columns) {
    table[0].cells.push_back(column.minima.link);
    table[1].cells.push_back(short_duration(column.minima.reference_rtt));
  }
  for (const TableRow& row : kRows) {
    const unsigned rank = row.title == "average" ? 3 : row.title == "full" ? 1 : 0;
    ScreenColumn& penalties = table.emplace_back();
    penalties.title = row.title;
    penalties.gives_way = rank;
    penalties.group = kGroup;
    for (const TableColumn& column : columns) {
      penalties.cells.push_back(cell(row, column, false));
    }
  }
  return screen_table(std::move(table), screen.columns) + '\n' +
         wrapped_lines(remarks(columns), screen.columns);
}

int make_table(const TableOptions& options) {
  const bool is_virtual =
      options.time == TableOptions::Time::Virtual ||
      (options.time == TableOptions::Time::Any && is_virtual_machine_possible());
  fs::create_directories(options.results);
  measure_links(options, is_virtual);
  std::vector<TableColumn> columns;
  for (const LinkOptions& link : table_links(options)) {
    columns.push_back(read_column(options, link));
  }
  replace_file(options.results / "table.md",
               fmt::format("Measured in {} time, {}; made by tcpstep-lab table.\n\n{}",
                           is_virtual ? "virtual" : "real", count_of(options.rounds, "round"),
                           render_table(columns)));
  draw_plots(options);
  const Screen screen = screen_of_output();
  print_text(table_text(columns, screen), screen);
  return std::ranges::all_of(columns, &TableColumn::is_faithful) ? kExitFine : kExitFailed;
}

}  // namespace tcpstep
