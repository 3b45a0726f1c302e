// What a run is called, and between whom it is.
#pragma once

#include <cstdint>
#include <string>

#include "lib/host/doctor.h"
#include "lib/protocol/messages.h"
#include "lib/sweep/run_settings.h"
#include "server/acceptor.h"
#include "server/options.h"

namespace tcpstep {

// Of the run with this client, which begins now.
[[nodiscard]] RunIdentity identity_of(const QueuedRun& client, const ServerOptions& options);

// The name of the link of a run that has none: "<server's host>-<client's host>"; of an anonymous
// server the networks of both: "192.0.2.x-198.51.100.x".
[[nodiscard]] std::string automatic_link(const QueuedRun& client, const HostFacts& host,
                                         const ServerOptions& options);

// What the client of this run is told, once it is its turn: `pings` if the server measures.
[[nodiscard]] Accept accept_of(const RunIdentity& identity, const RunSettings& settings,
                               const std::string& token, const HostFacts& host,
                               std::uint64_t pings);

}  // namespace tcpstep
