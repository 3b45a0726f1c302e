#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "analysis/commands.h"
#include "analysis/repair.h"
#include "analysis/report.h"
#include "lib/base/error.h"
#include "lib/base/text.h"
#include "lib/cli/program.h"
#include "lib/report/export.h"
#include "lib/report/warnings.h"
#include "lib/runfile/byte_source.h"
#include "lib/runfile/foreign_run.h"
#include "lib/runfile/run.h"
#include "lib/runfile/run_reader.h"

namespace tcpstep {
namespace {

constexpr std::size_t kEnoughToPrint = std::size_t{64} * 1024;
constexpr std::size_t kLargestForeignFile = std::size_t{1} << 30U;

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

// All of a file, pipe or standard input, decompressed if it is an archive.
std::string read_foreign(const std::filesystem::path& path) {
  constexpr std::size_t kChunk = std::size_t{1} << 20U;
  ByteSource source(path);
  std::string text;
  std::size_t got = 0;
  do {
    const std::size_t before = text.size();
    text.resize(before + kChunk);
    got = source.read({text.data() + before, kChunk});
    text.resize(before + got);
    if (text.size() > kLargestForeignFile) {
      throw WorldError(fmt::format("{} has more than 1 GiB", path.string()));
    }
  } while (got > 0);
  if (source.is_cut()) {
    throw WorldError(fmt::format("{} is cut off", path.string()));
  }
  return text;
}

}  // namespace

std::string render_export(const RunCollection& runs, const ExportOptions& options) {
  if (options.format == ExportFormat::Csv) {
    return export_csv(runs.links());
  }
  if (options.format == ExportFormat::Hgrm) {
    std::string text = export_hgrm(samples_of(runs, options.size));
    const LinkRuns& link = runs.links()[0];
    if (link.moved_runs > 0) {
      text += fmt::format("#[the MSS changed during {}]\n", count_of(link.moved_runs, "run"));
    }
    for (const Warning& warning : warnings_in_words(link)) {
      text += fmt::format("#[{} {}]\n", warning.text, warning.remedy);
    }
    return text;
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

std::vector<std::string> export_go(const std::filesystem::path& file, RttClock clock) {
  const Run run = read_run(file, clock, processors());
  if (run.is_unverified) {
    throw WorldError(
        fmt::format("{} is truncated, and no checksum covers what is left of it", file.string()));
  }
  std::string text;
  for (const std::string_view key : {"server_os", "server_cpu", "effective_congestion_control"}) {
    text += fmt::format("{}: {}\n", key, run.header.find(key).value_or("unknown"));
  }
  if (run.has_moved) {
    text += "mss: changed during the run\n";
  }
  const std::vector<Warning> warnings = warnings_in_words(run.header);
  if (const Warning* merged = find_warning(warnings, kSegmentsMerged)) {
    text += fmt::format("packets: merged. {} {}\n", merged->text, merged->remedy);
  }
  const auto mss = run.has_moved ? std::nullopt : run.key.mss;
  const auto print = [&](PayloadSize size, Duration rtt) {
    fmt::format_to(std::back_inserter(text), "BenchmarkRtt/link={}/{}size={} 1 {} ns/op\n",
                   run.key.name(),
                   mss ? fmt::format("segments={}/", segments_needed(size, *mss)) : "",
                   size.bytes(), rtt.count());
    if (text.size() >= kEnoughToPrint) {
      print_data(std::exchange(text, {}));
    }
  };
  if (std::ranges::all_of(run.series, [](const auto& one) { return one.second.rtts.is_exact(); })) {
    for (const PayloadSize size : run.sizes()) {
      for (const Duration rtt : run.samples_of(size)) {
        print(size, rtt);
      }
    }
  } else if (!std::filesystem::is_regular_file(file)) {
    throw WorldError(fmt::format("{} is too long to export from a pipe", file.string()),
                     "Save it to a file first.");
  } else {
    RunReader rows(file);
    while (const auto row = rows.next()) {
      SizeSeries ping;
      if (row->round > 0) {
        ping.add(*row, clock);
      }
      for (const Duration rtt : ping.rtts.first_samples()) {
        print(row->size, rtt);
      }
    }
  }
  print_data(text);
  return run.is_complete() ? std::vector<std::string>() : std::vector{partial_message(run)};
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
    runs.push_back(tool.parse(read_foreign(file), file.string()));
  }
  write_result(options.output, [&](OutputFile& output) {
    write_imported(runs, tool.name, options.link, std::move(output));
  });
}

}  // namespace tcpstep
