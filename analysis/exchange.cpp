#include "analysis/exchange.h"

#include <fmt/format.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <utility>

#include "lib/base/error.h"
#include "lib/cli/program.h"
#include "lib/report/export.h"
#include "lib/runfile/foreign_run.h"
#include "lib/runfile/run_reader.h"

namespace tcpstep {
namespace {

constexpr std::uintmax_t kLargestForeignFile = std::uintmax_t{1} << 30U;
constexpr std::size_t kEnoughToPrint = std::size_t{64} * 1024;

const SampleSketch& samples_of(const RunCollection& runs, std::optional<PayloadSize> size) {
  if (runs.links().size() != 1) {
    throw UsageError(fmt::format("hgrm shows one link; these files have {}", runs.links().size()),
                     "Pass the files of one link only.");
  }
  const auto& series = runs.links()[0].series;
  const auto found = size ? series.find(*size) : series.begin();
  if (found == series.end()) {
    throw UsageError(size ? fmt::format("no ping of {} bytes was counted", size->bytes())
                          : std::string("no counted samples"));
  }
  return found->second;
}

std::string read_whole(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::error_code error;
  const std::uintmax_t bytes = std::filesystem::file_size(path, error);
  if (!file || error) {
    throw_system_error(error ? error.value() : errno, "open " + path.string());
  }
  if (bytes > kLargestForeignFile) {
    throw WorldError(fmt::format("{} has {} bytes, more than 1 GiB", path.string(), bytes));
  }
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

std::string render_export(const RunCollection& runs, const ExportOptions& options) {
  if (options.format == ExportFormat::Csv) {
    return export_csv(runs.links());
  }
  if (options.format == ExportFormat::Hgrm) {
    return export_hgrm(samples_of(runs, options.size));
  }
  std::vector<PenaltyTable> tables;
  for (const LinkRuns& link : runs.links()) {
    tables.push_back(penalty_table(link, options.statistic));
  }
  if (options.format == ExportFormat::OpenMetrics) {
    return export_openmetrics(tables);
  }
  return options.format == ExportFormat::Bencher ? export_bencher(tables)
                                                 : export_github_action_benchmark(tables);
}

void export_go(const std::filesystem::path& file, RttClock clock) {
  RunReader run(file);
  const auto mss = run.header().mss();
  std::string text;
  for (const std::string_view key : {"server_os", "server_cpu", "effective_congestion_control"}) {
    text += fmt::format("{}: {}\n", key, run.header().find(key).value_or("unknown"));
  }
  while (const auto row = run.next()) {
    const auto rtt = clock == RttClock::Kernel ? row->kernel_rtt : row->rtt;
    if (row->round == 0 || !row->rtt || !rtt || row->retransmits.value_or(0) > 0) {
      continue;
    }
    fmt::format_to(std::back_inserter(text), "BenchmarkRtt/link={}/{}size={} 1 {} ns/op\n",
                   run.header().link(),
                   mss ? fmt::format("segments={}/", segments_needed(row->size, *mss)) : "",
                   row->size.bytes(), rtt->count());
    if (text.size() >= kEnoughToPrint) {
      print_data(std::exchange(text, {}));
    }
  }
  print_data(text);
}

void import_files(const ImportOptions& options) {
  struct Tool {
    std::string_view name;
    ForeignRun (*parse)(std::string_view text, std::string_view name);
  };
  const Tool tool = options.from == ForeignTool::Irtt       ? Tool{"irtt", parse_irtt_json}
                    : options.from == ForeignTool::Lagscope ? Tool{"lagscope", parse_lagscope_log}
                                                            : Tool{"sockperf", parse_sockperf_log};
  std::vector<ForeignRun> runs;
  for (const auto& file : options.files) {
    runs.push_back(tool.parse(read_whole(file), file.string()));
  }
  write_imported(runs, tool.name, options.link, OutputFile(options.output));
}

}  // namespace tcpstep
