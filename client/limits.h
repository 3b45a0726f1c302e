// What a server may choose for this client.
#pragma once

#include <cstdint>
#include <optional>

#include "lib/base/units.h"
#include "lib/protocol/messages.h"

namespace tcpstep {

struct ClientLimits {
  std::uint64_t bytes = 0;  // of payloads, or of the result
  Duration time{0};         // of a run, from its beginning
};

// Throws WorldError if the run that a server has accepted is beyond the limits, or is none: pings
// that its sweep does not have, or a date that this host's clock rules out. `mss` is this end's.
void check_accept(const Accept& accept, const ClientLimits& limits, std::optional<Mss> mss);

// The most bytes that the result of this run may have.
[[nodiscard]] std::uint64_t largest_result(const SweepSpec& sweep, const ClientLimits& limits);

}  // namespace tcpstep
