// tcpstep-analyze compare: two sets of result files in, one verdict out.
#pragma once

#include "analysis/compare_options.h"

namespace tcpstep {

inline constexpr int kExitRegression = 3;
inline constexpr int kExitInconclusive = 4;

[[nodiscard]] int exit_status_of(Verdict verdict);

// Reads and compares the files.
[[nodiscard]] Comparison compare_runs(const CompareOptions& options);

// Prints the comparison; the exit status. Throws if a file cannot be read: the verdict would be on
// other runs than those given.
int compare_files(const CompareOptions& options);

}  // namespace tcpstep
