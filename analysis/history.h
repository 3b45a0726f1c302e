// tcpstep-analyze history: the runs of links in time order in, their change points out.
#pragma once

#include "analysis/history_options.h"

namespace tcpstep {

// Prints the histories; the exit status. A file that cannot be read is named and takes nothing from
// the others: the status is 1 unless a link became slower.
int report_history(const HistoryOptions& options);

}  // namespace tcpstep
