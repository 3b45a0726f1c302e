// What was measured until Ctrl-C.
#pragma once

#include <optional>
#include <string>

#include "lib/net/tcp_connection.h"
#include "lib/sweep/responder.h"

namespace tcpstep {

// Of a run that the server measures, which a signal has interrupted on this end after `responses`:
// tells the server that no more acks come, and receives its result file. Nothing if it does not
// arrive within a few seconds. The signal remains to be acted upon.
[[nodiscard]] std::optional<std::string> fetch_partial_result(TcpConnection& server,
                                                              const Responses& responses);

}  // namespace tcpstep
