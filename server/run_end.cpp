#include "server/run_end.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <ctime>
#include <optional>

#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/cli/program.h"
#include "lib/cli/screen.h"
#include "lib/report/render.h"
#include "lib/runfile/run_reader.h"
#include "lib/sweep/black_hole.h"
#include "server/results_folder.h"
#include "server/run_report.h"

namespace tcpstep {
namespace {

constexpr std::size_t kLongestTable = std::size_t{64} * 1024;

// A client chooses how many classes its run has, and with a small MSS there may be thousands.
std::string shortened(std::string table, const std::filesystem::path& file) {
  return table.size() <= kLongestTable ? table
                                       : fmt::format("  a table of {} bytes: tcpstep report {}\n",
                                                     table.size(), file.string());
}

}  // namespace

std::string fault_of(const RunOutcome& outcome, Duration timeout) {
  if (outcome.status == kComplete || outcome.status == to_word(PingStatus::Interrupted)) {
    return {};
  }
  const std::string fault =
      outcome.fault.empty() ? explain_status(outcome.status, timeout) : outcome.fault;
  return outcome.black_hole.empty()
             ? fault
             : fmt::format("{}: {}. {}", fault, outcome.black_hole, kBlackHoleRemedy);
}

void report_outcome(const RunOutcome& outcome, const EndedRun& run) {
  const SweepSpec& sweep = run.settings.sweep;
  RunReport report{
      .status = outcome.status,
      .link = {.link = sweep.link,
               .direction = to_text(sweep.direction),
               .connection = to_text(sweep.connection)},
      .bytes = outcome.file.empty() ? std::optional(std::uint64_t{0}) : bytes_on_disk(outcome.file),
      .file = outcome.file.string(),
      .fault = fault_of(outcome, sweep.timeout)};
  for (const Warning& warning : outcome.warnings) {
    // The table says these in the same words.
    const bool is_in_table = warning.key == "segments_merged" || warning.key == "bbr" ||
                             warning.key == "rtt_below_wakeup";
    if (!run.options.is_quiet && (!is_in_table || run.options.log_format == LogFormat::Json)) {
      report.warnings.emplace_back(warning.key, render(warning));
    }
  }
  std::string table;
  std::uint64_t samples = outcome.samples;
  if (!outcome.file.empty()) {
    RunCollection runs;
    runs.add(read_run(outcome.file, RttClock::Application));
    const PenaltyTable penalties = penalty_table(runs.links()[0], Statistic::minimum());
    samples = penalties.samples;
    if (sweep.direction == MeasuredDirection::Down) {
      report.minima = minima_of(penalties, runs.links()[0]);
    }
    const Screen screen = screen_of_output();
    const std::string text = render_text(std::array{penalties}, {.screen = screen});
    table = shortened(screen.is_unicode ? text : in_ascii(text), outcome.file);
  }
  static_cast<void>(run.server.send(encode(report)));
  if (outcome.file.empty() || (run.is_quiet_if_failed && is_failure(outcome.status))) {
    return;
  }
  const bool is_to_stdout = run.options.output == "-";
  if (is_to_stdout) {
    print_data(read_file(outcome.file));
  }
  if (run.options.is_quiet) {
    return;
  }
  const std::string file = is_to_stdout ? "standard output" : outcome.file.string();
  run.log.note("run",
               fmt::format("{:%H:%M:%S}  {}: {}, {} in {}", fmt::localtime(std::time(nullptr)),
                           run.peer, outcome.status, count_of(samples, "sample"), file),
               {{"peer", run.peer},
                {"status", outcome.status},
                {"link", sweep.link},
                {"run_id", run.run_id},
                {"file", file}});
  if (is_to_stdout) {
    print_lines(table.substr(0, table.find_last_not_of('\n') + 1));
  } else {
    print_data(table);
  }
}

}  // namespace tcpstep
