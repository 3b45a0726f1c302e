// tcpstep-analyze report: result files in, penalty tables out.
#pragma once

#include <exception>
#include <filesystem>
#include <string>
#include <vector>

#include "analysis/options.h"
#include "lib/report/link_runs.h"

namespace tcpstep {

// Why a file was left out: the error and its hint, if any.
// Two lines if it has a hint, and safe to print (lib/base/escape.h).
[[nodiscard]] std::string message_of(const std::exception& error);

// The threads that reading may use.
[[nodiscard]] unsigned processors();

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
