// Commands of tcpstep-analyze, each with its own options.
#pragma once

#include "analysis/ab_options.h"
#include "analysis/compare_options.h"
#include "analysis/history_options.h"

namespace tcpstep {

inline constexpr int kExitRegression = 3;
inline constexpr int kExitInconclusive = 4;

[[nodiscard]] int exit_status_of(Verdict verdict);

// Reads and compares the files.
[[nodiscard]] Comparison compare_runs(const CompareOptions& options);

// compare: prints the comparison. Returns the exit status. Throws if a file cannot be read: the
// verdict would be on other runs than those given.
int compare_files(const CompareOptions& options);

// ab: runs the commands in blocks until each has made its runs, or until the verdict is known;
// prints the comparison. Returns its exit status. Throws WorldError if a launch fails: the runs
// made so far are kept, and --resume continues.
int run_ab(const AbOptions& options);

// history: prints the histories. Returns the exit status. A file that cannot be read is reported
// and skipped; the status is then 1 unless a link became slower.
int report_history(const HistoryOptions& options);

}  // namespace tcpstep
