// What was measured until one end was told to stop.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lib/base/units.h"
#include "lib/net/tcp_connection.h"
#include "lib/protocol/authentication.h"
#include "lib/protocol/messages.h"

namespace tcpstep {

struct PartialResult {
  Result announced;
  std::string bytes;  // the file
};

// How long to wait for it: the user is waiting for the prompt, and the other end may be a
// stranger's.
struct PartialPatience {
  Duration silence{0};
  Duration in_all{0};
};

// By the end that does not measure, once a signal has stopped it: tells the other end that no more
// acks come, drops what is left of the payload in flight, and receives a result of at most
// `most_bytes`. Nothing if it does not arrive. The signal remains to be acted upon.
[[nodiscard]] std::optional<PartialResult> fetch_partial_result(TcpConnection& peer,
                                                                Session* session,
                                                                bool is_in_payload,
                                                                std::uint64_t most_bytes,
                                                                const PartialPatience& patience);

}  // namespace tcpstep
