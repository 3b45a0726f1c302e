#include "analysis/options.h"

#include <fmt/format.h>

#include <string_view>

#include "lib/base/error.h"
#include "lib/base/text.h"
#include "lib/base/version.h"
#include "lib/cli/command_line.h"
#include "lib/cli/print.h"

namespace tcpstep {
namespace {

constexpr std::size_t kMostFiles = 100'000;

constexpr std::string_view kHelp =
    "Usage: tcpstep-analyze COMMAND [options] FILE...\n"
    "Turns result files of tcpstep-server into penalty tables and plots.\n"
    "\n"
    "Commands:\n"
    "  report    penalty table of each link: text, Markdown, CSV or JSON\n"
    "  plot      \"all results\" and \"closeup\" of each link: PNG, SVG and gnuplot script\n"
    "  compare   has the candidate become slower than the baseline? A verdict for people and CI\n"
    "\n"
    "tcpstep-analyze COMMAND --help has the options. FILE may end in .csv, .csv.gz or .csv.zst.\n";

std::vector<std::filesystem::path> files_of(const OptionValues& values) {
  return {values.positional().begin(), values.positional().end()};
}

void declare_clock(CommandLine& line) {
  line.value("clock", "WORD", "application",
             "application, or kernel: without the stacks of the measuring host");
}

RttClock clock_of(const OptionValues& values) {
  return values.choose<RttClock>(
      "clock", {{"application", RttClock::Application}, {"kernel", RttClock::Kernel}});
}

std::optional<AnalyzeOptions> parse_report(int argc, const char* const* argv) {
  CommandLine line(
      "tcpstep-analyze report [options] FILE...",
      "Prints what payload size costs on each link, from the result files of its runs.",
      "Example:\n  tcpstep-analyze report --format markdown results/*.csv\n");
  line.positional("FILE", 1, kMostFiles);
  line.group("Report");
  line.value("statistic", "WORD", "min", "what stands for a size: min, median, mean, p99, ...");
  declare_clock(line);
  line.value("format", "WORD", "text", "text, markdown, csv or json");
  const auto values = line.parse(argc, argv);
  if (!values) {
    return std::nullopt;
  }
  return ReportOptions{
      .files = files_of(*values),
      .clock = clock_of(*values),
      .statistic = values->get("statistic",
                               [](std::string_view text) {
                                 if (const auto statistic = Statistic::parse(text)) {
                                   return *statistic;
                                 }
                                 throw UsageError(
                                     fmt::format("'{}' is no statistic", printable(text)),
                                     "Choose min, median, mean or a percentile such as p99.");
                               }),
      .format = values->choose<ReportFormat>("format", {{"text", ReportFormat::Text},
                                                        {"markdown", ReportFormat::Markdown},
                                                        {"csv", ReportFormat::Csv},
                                                        {"json", ReportFormat::Json}})};
}

std::optional<AnalyzeOptions> parse_plot(int argc, const char* const* argv) {
  CommandLine line(
      "tcpstep-analyze plot [options] FILE...",
      "Draws all results and a closeup of each link, from the result files of its runs.",
      "Example:\n  tcpstep-analyze plot --out plots results/*.csv\n");
  line.positional("FILE", 1, kMostFiles);
  line.group("Plot");
  declare_clock(line);
  line.value("out", "DIR", "plots", "where the pictures and their gnuplot scripts go");
  const auto values = line.parse(argc, argv);
  if (!values) {
    return std::nullopt;
  }
  if (values->text("out").empty()) {
    throw UsageError("--out: the name of the folder is empty");
  }
  return PlotOptions{
      .files = files_of(*values), .clock = clock_of(*values), .directory = values->text("out")};
}

}  // namespace

std::optional<AnalyzeOptions> parse_analyze_options(int argc, const char* const* argv) {
  const std::string_view command = argc > 1 ? argv[1] : "";
  if (command == "report") {
    return parse_report(argc - 1, argv + 1);
  }
  if (command == "plot") {
    return parse_plot(argc - 1, argv + 1);
  }
  if (command == "compare") {
    return parse_compare_options(argc - 1, argv + 1);
  }
  if (command == "--help" || command == "-h" || command == "help") {
    print_data(kHelp);
    return std::nullopt;
  }
  if (command == "--version" || command == "-V") {
    print_data(fmt::format("{}\n", version_and_git()));
    return std::nullopt;
  }
  throw UsageError(command.empty() ? "no command was given"
                                   : fmt::format("unknown command '{}'", printable(command)),
                   "Commands are report, plot and compare. See tcpstep-analyze --help.");
}

}  // namespace tcpstep
