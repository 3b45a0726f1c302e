// tcpstep-analyze export and import: to other programs, and from other measuring tools.
#pragma once

#include "analysis/options.h"
#include "lib/report/link_runs.h"

namespace tcpstep {

// The text to print. Throws UsageError if hgrm is asked for and it is not clear of which link or
// size.
[[nodiscard]] std::string render_export(const RunCollection& runs, const ExportOptions& options);

// Prints every counted sample of a run as a line of Go's benchmark format, which benchstat reads.
// A file with more than 4096 of a size is read twice, so that memory does not grow with it.
void export_go(const std::filesystem::path& file, RttClock clock);

// Reads the files of another tool and writes one result file.
void import_files(const ImportOptions& options);

}  // namespace tcpstep
