// tcpstep-analyze report: result files in, penalty tables out.
#pragma once

#include <exception>
#include <filesystem>
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "analysis/options.h"
#include "lib/report/penalty_table.h"

namespace tcpstep {

// Why a file was left out: the error and its hint, if any.
// Two lines if it has a hint, and safe to print (lib/base/escape.h).
[[nodiscard]] std::string message_of(const std::exception& error);

// The threads that reading may use.
[[nodiscard]] unsigned processors();

// Into the file, at once, or onto standard output if it is empty. Throws UsageError if it is a
// result file.
void output_text(const std::filesystem::path& output, const std::string& text);

// A run, or the message that says why it could not be read.
using ReadRun = std::variant<Run, std::string>;

// Throws nothing: what is wrong with the file is the message.
[[nodiscard]] ReadRun try_to_read(const std::filesystem::path& file, RttClock clock,
                                  unsigned threads = 1);

// Reads every file, in bounded memory and with all processors; calls `visit` in their order.
void for_each_run(const std::vector<std::filesystem::path>& files, RttClock clock,
                  const std::function<void(const std::filesystem::path& file, ReadRun run)>& visit);

// Likewise; calls `take` in the threads that read, and what that returned in the order of the
// files.
using TakeRead = std::function<std::function<void()>(const std::filesystem::path& file, ReadRun)>;
void reduce_each_run(const std::vector<std::filesystem::path>& files, RttClock clock,
                     const TakeRead& take);

// What could be read of some files, and why the others could not.
struct LoadedRuns {
  RunCollection runs;
  std::vector<std::string> failures;  // one per file that was left out, or is not to be trusted
  std::vector<std::string> partial;   // one per run that is not complete
  std::vector<Run> kept;              // all runs, if that was asked for and they are not too large
};

struct LoadOptions {
  RttClock clock = RttClock::Application;
  RunPart by = RunPart::None;
  bool keeps = false;  // the runs
};

// Reads every file, in bounded memory and with all processors; one that cannot be read is
// reported and skipped.
[[nodiscard]] LoadedRuns load_runs(const std::vector<std::filesystem::path>& files,
                                   const LoadOptions& options);

// "run.csv is a partial run (interrupted)"
[[nodiscard]] std::string partial_message(const Run& run);

// The tables of all links in the format asked for; empty if nothing was read. `loaded.kept` tells
// what became of each link, for overviews.
[[nodiscard]] std::string render_report(LoadedRuns loaded, const ReportOptions& options);

}  // namespace tcpstep
