#include "lab/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
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
#include "lib/cli/stop_signals.h"
#include "lib/link/profile_catalog.h"
#include "lib/report/rows.h"

namespace tcpstep {
namespace {

namespace fs = std::filesystem;

constexpr double kSweetSpot = 1.02;  // less than one radio block of EDGE

using Grid = std::vector<std::vector<std::string>>;

// A Markdown table whose columns stand below each other in the source as well.
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

struct Difference {
  double points = 0;
  std::string where;
};

// "31.2 (30, +1.2)"; `largest` keeps the largest difference.
std::string cell(const std::optional<Penalty>& measured, std::optional<int> seed,
                 const std::string& where, Difference& largest) {
  if (!measured) {
    return "n/a";
  }
  const double percent = measured->share * 100;
  if (!seed) {
    return fmt::format("{:.1f}", percent);
  }
  const double difference = percent - *seed;
  if (std::abs(difference) > std::abs(largest.points)) {
    largest = {.points = difference, .where = where};
  }
  return fmt::format("{:.1f} ({}, {:+.1f})", percent, *seed, difference);
}

std::string remarks(std::span<const TableColumn> columns) {
  std::string text;
  for (const TableColumn& column : columns) {
    const std::string& link = column.minima.link;
    if (column.seed.average_filling && column.sweet_spot) {
      text += fmt::format("The average of {} is lowest from {} to {} bytes (2014: 800 to 2100).\n",
                          link, column.sweet_spot->smallest.bytes(),
                          column.sweet_spot->largest.bytes());
    }
    if (!column.seed.filling) {
      text += fmt::format("On {} size was lost in noise in 2014; no numbers were given.\n", link);
    }
    if (link.find("-x") != std::string::npos) {
      text += fmt::format(
          "{} is slowed down by the factor in its name, so that the hosts' own time does not "
          "show.\n",
          link);
    }
    if (!column.is_faithful) {
      text += fmt::format("! {} is not faithful: the machine was too busy for it.\n", link);
    }
  }
  return text;
}

LinkOptions table_link(const BuiltInProfile& profile, const TableOptions& options) {
  const std::string name(profile.name);
  return {.profile = name,
          .scale = load_profile(name).table_scale,
          .is_swapped = false,
          .seed = options.seed};
}

fs::path result_file(const fs::path& folder, const LinkOptions& link) {
  return folder / (link.load().name + ".csv");
}

// Result files of all links in real time, as <link>.csv in `folder`.
void measure_in_real_time(const TableOptions& options, const fs::path& folder) {
  for (const BuiltInProfile& profile : built_in_profiles()) {
    const LinkOptions link = table_link(profile, options);
    const TemporaryFolder unfinished;
    const int status =
        Child::start({fs::read_symlink("/proc/self/exe"), "measure", link.profile, "--scale",
                      link.scale.text(), "--seed", std::to_string(link.seed), "--rounds",
                      std::to_string(options.rounds), "--results", unfinished.path()},
                     [] { static_cast<void>(!std::freopen("/dev/null", "w", stdout)); })
            .wait();
    if (const int signal = StopSignals::received(); signal != 0) {
      StopSignals::die_of(signal);
    }
    const fs::directory_iterator files(unfinished.path());
    if (files == fs::directory_iterator()) {
      throw WorldError(fmt::format("{} could not be measured (status {})", link.profile, status));
    }
    replace_file(result_file(folder, link), read_file(files->path()));
  }
}

void measure_in_virtual_time(const TableOptions& options, const fs::path& folder) {
  VirtualMachine machine(options.kernel);
  machine.run({"tcpstep-lab", "table", "--real", "--rounds", std::to_string(options.rounds),
               "--seed", std::to_string(options.seed), "--results", VirtualMachine::kOutput});
  for (const BuiltInProfile& profile : built_in_profiles()) {
    const LinkOptions link = table_link(profile, options);
    const std::string text = read_file(result_file(machine.output(), link));
    if (text.empty()) {
      throw WorldError(
          fmt::format("{} could not be measured (the reason stands above)", link.profile));
    }
    replace_file(result_file(folder, link), text);
  }
}

std::vector<TableColumn> read_columns(const TableOptions& options) {
  std::vector<TableColumn> columns;
  for (const BuiltInProfile& profile : built_in_profiles()) {
    const LinkOptions link = table_link(profile, options);
    const Run run = read_run(result_file(options.results, link), RttClock::Application);
    const bool is_faithful = run.header.find("lab_faithful") != "no";
    RunCollection runs;
    runs.add(run);
    columns.push_back(table_column(runs.links()[0], link.load().seed));
    columns.back().is_faithful = is_faithful;
  }
  return columns;
}

void draw_plots(const TableOptions& options) {
  Command words{sibling_program("tcpstep-analyze", "analysis"), "plot", "--out",
                options.results / "plots"};
  for (const BuiltInProfile& profile : built_in_profiles()) {
    words.push_back(result_file(options.results, table_link(profile, options)));
  }
  run_tool(words, "draw the plots with tcpstep-analyze");
}

}  // namespace

TableColumn table_column(const LinkRuns& runs, const SeedPenalties& seed) {
  TableColumn column{.seed = seed,
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
  Grid grid{{"penalty against 1 byte, % (2014, difference)"}};
  for (const TableColumn& column : columns) {
    grid[0].push_back(column.minima.link);
  }
  Difference largest;
  for (const auto& [row, seed] : {std::pair(kPenaltyRows[0], &SeedPenalties::filling),
                                  std::pair(kPenaltyRows[1], &SeedPenalties::second),
                                  std::pair(kPenaltyRows[2], &SeedPenalties::fourth)}) {
    auto& cells = grid.emplace_back();
    cells.emplace_back(row.words);
    for (const TableColumn& column : columns) {
      cells.push_back(cell(column.minima.*row.penalty, column.seed.*seed,
                           fmt::format("{}, {}", column.minima.link, row.words), largest));
    }
  }
  auto& averages = grid.emplace_back();
  averages.emplace_back("average, for filling the packet");
  for (const TableColumn& column : columns) {
    averages.push_back(cell(column.means.filling, column.seed.average_filling,
                            column.minima.link + ", average", largest));
  }
  auto& times = grid.emplace_back();
  times.emplace_back("time of 1 byte");
  for (const TableColumn& column : columns) {
    times.push_back(format_duration(column.minima.reference_rtt));
  }
  return render_grid(grid) +
         fmt::format("\nThe largest difference from 2014 is {:+.1f} points ({}).\n", largest.points,
                     largest.where) +
         remarks(columns);
}

int make_table(const TableOptions& options) {
  const StopSignals signals;
  const bool is_inside_machine = std::getenv("TCPSTEP_LAB_VIRTUAL") != nullptr;
  const bool is_virtual =
      options.time == TableOptions::Time::Virtual ||
      (options.time == TableOptions::Time::Any && is_virtual_machine_possible());
  fs::create_directories(options.results);
  is_virtual ? measure_in_virtual_time(options, options.results)
             : measure_in_real_time(options, options.results);
  const std::vector<TableColumn> columns = read_columns(options);
  const std::string table = render_table(columns);
  replace_file(
      options.results / "table.md",
      fmt::format("Measured in {} time, {}; made by tcpstep-lab table.\n\n{}",
                  is_virtual ? "virtual" : "real", count_of(options.rounds, "round"), table));
  if (!is_inside_machine) {
    draw_plots(options);
  }
  print_data(table);
  return std::ranges::all_of(columns, &TableColumn::is_faithful) ? kExitFine : kExitFailed;
}

}  // namespace tcpstep
