// tcpstep-analyze report: result files in, penalty tables out.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "analysis/options.h"
#include "lib/report/link_runs.h"

namespace tcpstep {

// What could be read of some files, and the words about those that could not.
struct LoadedRuns {
  RunCollection runs;
  std::vector<std::string> failures;  // one per file that was left out
};

// Reads every file; one that cannot be read takes nothing from the others.
[[nodiscard]] LoadedRuns load_runs(const std::vector<std::filesystem::path>& files, RttClock clock);

// The tables of all links in the format asked for; empty if nothing was read.
[[nodiscard]] std::string render_report(RunCollection& runs, const ReportOptions& options);

}  // namespace tcpstep
