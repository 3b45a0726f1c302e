// What was measured until Ctrl-C.
#pragma once

#include <optional>
#include <string>

#include "client/negotiated_run.h"
#include "lib/sweep/responder.h"

namespace tcpstep {

struct PartialResult {
  std::string bytes;   // the file
  std::string status;  // as the server announced it
};

// Of a run that the server measures, which a signal has interrupted on this end after `responses`:
// tells the server that no more acks come, and receives its result file. Nothing if it does not
// arrive within a few seconds. The signal remains to be acted upon.
[[nodiscard]] std::optional<PartialResult> fetch_partial_result(const NegotiatedRun& run,
                                                                const Responses& responses);

}  // namespace tcpstep
