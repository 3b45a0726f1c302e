// Commands of tcpstep-analyze, each with its own options.
#pragma once

#include "analysis/ab_options.h"
#include "analysis/compare_options.h"
#include "analysis/history_options.h"
#include "analysis/options.h"
#include "lib/report/penalty_table.h"

namespace tcpstep {

inline constexpr int kExitRegression = 3;
inline constexpr int kExitInconclusive = 4;

[[nodiscard]] int exit_status_of(Verdict verdict);

// Reads and compares the files.
[[nodiscard]] Comparison compare_runs(const CompareOptions& options);

// compare: prints the comparison. Returns the exit status. Throws if a file cannot be read: the
// verdict would be on other runs than those given.
int compare_files(const CompareOptions& options);

// ab: runs the commands in blocks until each has made its runs, until the verdict is known, or
// until the time is up; prints the comparison. Returns its exit status. A launch that fails is
// repeated once; if it fails again, its block is left out and another one added. Throws WorldError
// if launches fail from the start or in two blocks in a row: the runs are kept, and --resume
// continues.
int run_ab(const AbOptions& options);

// history: prints the histories. Returns the exit status. A file that cannot be read is reported
// and skipped; the status is then 1 unless a link became slower.
int report_history(const HistoryOptions& options);

// Empty if help was asked for. Throws UsageError. argv[0] is the command's name.
[[nodiscard]] std::optional<MatrixOptions> parse_matrix_options(int argc, const char* const* argv);

struct LoadedMatrix {
  MatrixRuns runs;
  std::vector<std::string> failures;  // one per file that was left out
};
[[nodiscard]] LoadedMatrix load_matrix(const Selection& selection);

// matrix: prints it, and draws it where that was asked for. Returns the exit status. Throws
// WorldError if there is no run of two hosts.
int report_matrix(const MatrixOptions& options);

// export: the text to print. Throws UsageError if hgrm is asked for and it is not clear of which
// link or size.
[[nodiscard]] std::string render_export(const RunCollection& runs, const ExportOptions& options);

// export --format go: prints every counted sample of a run as a line of Go's benchmark format,
// which benchstat reads. A file with more than 4096 of a size is read twice, so that memory does
// not grow with it.
// Returns notes about it: that it is partial.
std::vector<std::string> export_go(const std::filesystem::path& file, RttClock clock);

// import: reads the files of another tool and writes one result file.
void import_files(const ImportOptions& options);

}  // namespace tcpstep
