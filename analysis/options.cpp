#include "analysis/options.h"

#include <fmt/format.h>

#include <string_view>

#include "analysis/commands.h"
#include "analysis/common_options.h"
#include "analysis/repair.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/base/text.h"
#include "lib/cli/command_line.h"

namespace tcpstep {
namespace {

constexpr auto kReportFormats =
    std::to_array<Word<ReportFormat>>({{"text", ReportFormat::Text},
                                       {"markdown", ReportFormat::Markdown},
                                       {"csv", ReportFormat::Csv},
                                       {"json", ReportFormat::Json},
                                       {"html", ReportFormat::Html}});
constexpr auto kExportFormats = std::to_array<Word<ExportFormat>>(
    {{"openmetrics", ExportFormat::OpenMetrics},
     {"github-action-benchmark", ExportFormat::GithubActionBenchmark},
     {"bencher", ExportFormat::Bencher},
     {"go", ExportFormat::Go},
     {"csv", ExportFormat::Csv},
     {"hgrm", ExportFormat::Hgrm}});
constexpr auto kForeignTools =
    std::to_array<Word<ForeignTool>>({{"sockperf", ForeignTool::Sockperf},
                                      {"irtt", ForeignTool::Irtt},
                                      {"lagscope", ForeignTool::Lagscope}});

constexpr std::string_view kHelp =
    "Usage: tcpstep-analyze COMMAND [options] FILE...\n"
    "Turns result files of tcpstep-server into penalty tables and plots.\n"
    "\n"
    "Commands:\n"
    "  report    penalty table of each link: text, Markdown, CSV, JSON or HTML\n"
    "  show      what is this run? Hosts, settings, warnings, the shortest ping\n"
    "  plot      pictures of each link: PNG, SVG and gnuplot script\n"
    "  ab        run two commands in random order: makes the runs that compare needs\n"
    "  matrix    every pair of hosts in one table: which path, which host is slow?\n"
    "  compare   is the candidate slower than the baseline? For people and CI\n"
    "  history   when did a link become slower or faster? Days or years of runs\n"
    "  export    tables for other programs: OpenMetrics, benchstat, ...\n"
    "  import    make a result file from raw samples of sockperf, irtt or lagscope\n"
    "  validate  check that files are complete; if not, print line and column\n"
    "  repair    save the complete lines of a file that was cut off\n"
    "\n"
    "See tcpstep-analyze COMMAND --help for options. FILE is a result file (.csv,\n"
    ".csv.gz, .csv.zst), or a folder with result files.\n";

void declare_statistic(CommandLine& line) {
  line.value("statistic", "min|median|mean|pN", "min", "statistic of each size; pN: a percentile");
  for (const char* word : {"min", "median", "mean", "p90", "p99"}) {
    line.add_word("statistic", word);
  }
}

Statistic statistic_of(const OptionValues& values) {
  return values.get("statistic", [](std::string_view text) {
    if (const auto statistic = Statistic::parse(text)) {
      return *statistic;
    }
    throw UsageError(fmt::format("invalid statistic '{}'", printable(text)),
                     "Choose min, median, mean or a percentile such as p99.");
  });
}

std::optional<AnalyzeOptions> parse_report(int argc, const char* const* argv) {
  CommandLine line(
      "tcpstep-analyze report [options] FILE...",
      "Prints what payload size costs on each link, from the result files of its runs.",
      "Examples:\n  tcpstep-analyze report --since 7d results\n"
      "  tcpstep-analyze report --since 7d -o week.html results    a page\n");
  line.positional("FILE", 1, kMostFiles);
  line.group("Report");
  declare_statistic(line);
  declare_clock(line);
  line.value("format,f", "WORD", "output format [text, or what --output ends in]");
  line.words("format", kReportFormats);
  declare_text_output(line);
  declare_parts(line, "a row for each link, label, host (of the client) or day");
  line.flag("details", "text, markdown: also the table of each link, if there are several");
  line.flag("fit", "text, markdown: also the penalties fitted at the boundary itself");
  declare_filters(line);
  const auto values = line.parse(argc, argv);
  if (!values) {
    return std::nullopt;
  }
  return ReportOptions{.runs = selection_of(*values),
                       .by = part_of(*values),
                       .clock = clock_of(*values),
                       .statistic = statistic_of(*values),
                       .format = text_format_of(*values, kReportFormats),
                       .has_fit = values->is_set("fit"),
                       .has_details = values->is_set("details"),
                       .output = text_output_of(*values)};
}

// Of a command that takes nothing but runs.
template <class Options>
std::optional<AnalyzeOptions> parse_runs(CommandLine line, int argc, const char* const* argv) {
  line.positional("FILE", 1, kMostFiles);
  declare_filters(line);
  const auto values = line.parse(argc, argv);
  return values ? std::optional<AnalyzeOptions>(Options{.runs = selection_of(*values)})
                : std::nullopt;
}

std::optional<AnalyzeOptions> parse_show(int argc, const char* const* argv) {
  return parse_runs<ShowOptions>(
      {"tcpstep-analyze show [options] FILE...",
       "Shows what a run is: hosts, sweep, settings, warnings, and its shortest pings.",
       "Example:\n  tcpstep-analyze show results/run.csv\n"},
      argc, argv);
}

std::optional<AnalyzeOptions> parse_plot(int argc, const char* const* argv) {
  CommandLine line(
      "tcpstep-analyze plot [options] FILE...",
      "Draws all results and a closeup of each link, from the result files of its runs.",
      "Examples:\n  tcpstep-analyze plot -o plots results/*.csv\n"
      "  tcpstep-analyze plot -o closeup.png --title 'Before the move' results/run.csv\n"
      "  tcpstep-analyze plot --together -o links.svg --since 7d results\n");
  line.positional("FILE", 1, kMostFiles);
  line.group("Plot");
  declare_clock(line);
  line.value("output,o", "PATH", "plots",
             "folder of the pictures and their scripts; or one picture, the closeup or --together, "
             "that ends in .png, .svg or .pdf");
  declare_parts(line, "a picture for each link, label, host (of the client) or day");
  line.flag("together", "all links in one picture, relative to their smallest size");
  line.value("title", "TEXT", "title of the one picture (default: what was found)");
  declare_filters(line);
  const auto values = line.parse(argc, argv);
  if (!values) {
    return std::nullopt;
  }
  PlotOptions options{.runs = selection_of(*values),
                      .by = part_of(*values),
                      .clock = clock_of(*values),
                      .output = values->get("output", parse_pictures),
                      .is_together = values->is_set("together"),
                      .title = {}};
  if (values->has("title")) {
    options.title = values->text("title");
    if (!is_picture(options.output)) {
      throw UsageError("--title needs one picture", "Name it: --output closeup.png");
    }
  }
  return options;
}

std::optional<AnalyzeOptions> parse_validate(int argc, const char* const* argv) {
  return parse_runs<ValidateOptions>(
      {"tcpstep-analyze validate [options] FILE...",
       "Checks that each result file is complete and valid; if not, prints the line and column "
       "of the problem.",
       "Example:\n  tcpstep-analyze validate results\n"},
      argc, argv);
}

std::optional<AnalyzeOptions> parse_repair(int argc, const char* const* argv) {
  CommandLine line(
      "tcpstep-analyze repair [options] FILE",
      "Saves the complete lines of a result file that was cut off, and marks it as repaired.\n"
      "Other errors are reported; the file is left alone.",
      "Example:\n  tcpstep-analyze repair results/run.csv\n");
  line.positional("FILE", 1, 1);
  line.group("Repair");
  line.value("output,o", "FILE",
             "where the repaired run goes (default: FILE.repaired.csv); never replaced");
  line.flag("in-place", "replace FILE itself, atomically");
  const auto values = line.parse(argc, argv);
  if (!values) {
    return std::nullopt;
  }
  if (values->has("output") && values->is_set("in-place")) {
    throw UsageError("--output and --in-place cannot be used together");
  }
  const std::filesystem::path file = values->positional()[0];
  if (file == kStandardInput && values->is_set("in-place")) {
    throw UsageError("--in-place cannot be used with standard input", "Use --output FILE.");
  }
  RepairOptions options{.file = file, .output = {}};
  if (!values->is_set("in-place")) {
    options.output =
        values->has("output") ? values->output_path("output") : default_repaired_name(file);
  }
  return options;
}

std::optional<AnalyzeOptions> parse_export(int argc, const char* const* argv) {
  CommandLine line("tcpstep-analyze export --format FORMAT [options] FILE...",
                   "Prints the tables of report in the format of another program.",
                   "Example:\n  tcpstep-analyze export --format openmetrics -o tcpstep.prom "
                   "--since 1d results\n");
  line.positional("FILE", 1, kMostFiles);
  line.group("Export");
  line.value("format,f", "WORD",
             "go: for benchstat; csv: a line per size; hgrm: of HdrHistogram, in microseconds");
  line.words("format", kExportFormats);
  declare_statistic(line);
  declare_clock(line);
  line.value("size", "BYTES", "hgrm: the payload size (default: the smallest)");
  declare_text_output(line);
  declare_filters(line);
  const auto values = line.parse(argc, argv);
  if (!values) {
    return std::nullopt;
  }
  ExportOptions options{.runs = selection_of(*values),
                        .clock = clock_of(*values),
                        .statistic = statistic_of(*values),
                        .format = values->choose("format", kExportFormats),
                        .size = {},
                        .output = text_output_of(*values)};
  if (options.format == ExportFormat::Go && !options.output.empty()) {
    throw UsageError("--output: go prints samples as it reads them", "Redirect them: >FILE");
  }
  if (values->has("size")) {
    options.size = values->get("size", [](std::string_view text) {
      return PayloadSize(static_cast<std::uint32_t>(parse_count(text, 1, PayloadSize::kLargest)));
    });
  }
  return options;
}

std::optional<AnalyzeOptions> parse_import(int argc, const char* const* argv) {
  CommandLine line(
      "tcpstep-analyze import --from TOOL --link NAME --output FILE FILE...",
      "Makes one result file of the raw samples of another tool: sockperf --full-log, irtt -o or "
      "the\n"
      "output of lagscope -V, one file for each payload size.",
      "Example:\n"
      "  tcpstep-analyze import --from sockperf --link lan --output lan.csv *.log\n");
  line.positional("FILE", 1, kMostFiles);
  line.group("Import");
  line.value("from", "WORD", "the tool that wrote the files");
  line.words("from", kForeignTools);
  line.value("link", "NAME", "what to call the path");
  line.value("output,o", "FILE", "the result file; never replaced");
  const auto values = line.parse(argc, argv);
  if (!values) {
    return std::nullopt;
  }
  for (const char* option : {"from", "link", "output"}) {
    if (values->text(option).empty()) {
      throw UsageError(fmt::format("--{} is missing", option), "See --help.");
    }
  }
  return ImportOptions{.from = values->choose("from", kForeignTools),
                       .files = files_of(*values),
                       .link = values->get("link", parse_name),
                       .output = values->output_path("output")};
}

std::optional<AnalyzeOptions> parse_compare(int argc, const char* const* argv) {
  return parse_compare_options(argc, argv);
}

std::optional<AnalyzeOptions> parse_ab(int argc, const char* const* argv) {
  return parse_ab_options(argc, argv);
}

std::optional<AnalyzeOptions> parse_history(int argc, const char* const* argv) {
  return parse_history_options(argc, argv);
}

std::optional<AnalyzeOptions> parse_matrix(int argc, const char* const* argv) {
  return parse_matrix_options(argc, argv);
}

}  // namespace

std::optional<AnalyzeOptions> parse_analyze_options(int argc, const char* const* argv) {
  return parse_command<AnalyzeOptions>("tcpstep-analyze", kHelp,
                                       {{"report", parse_report},
                                        {"show", parse_show},
                                        {"plot", parse_plot},
                                        {"compare", parse_compare},
                                        {"history", parse_history},
                                        {"matrix", parse_matrix},
                                        {"ab", parse_ab},
                                        {"export", parse_export},
                                        {"import", parse_import},
                                        {"validate", parse_validate},
                                        {"repair", parse_repair}},
                                       argc, argv);
}

}  // namespace tcpstep
