// Raw samples of other tools as one result file of ours.
#pragma once

#include <span>
#include <string_view>

#include "lib/runfile/foreign_run.h"
#include "lib/runfile/output_file.h"

namespace tcpstep {

// Writes a complete run. The n-th ping of each size is its n-th round. What the tool does not say,
// such as the MSS, is absent. `tool` is what the header calls the other tool.
void write_imported(std::span<const ForeignRun> runs, std::string_view tool, std::string_view link,
                    OutputFile output);

}  // namespace tcpstep
