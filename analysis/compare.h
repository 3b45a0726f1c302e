// tcpstep-analyze compare: two sets of result files in, one verdict out.
#pragma once

#include "analysis/compare_options.h"

namespace tcpstep {

inline constexpr int kExitRegression = 3;
inline constexpr int kExitInconclusive = 4;

// Prints the comparison; the exit status. Throws if a file cannot be read: a verdict on what is
// left would be one on other runs than were asked for.
int compare_files(const CompareOptions& options);

}  // namespace tcpstep
