// From the options to a connection.
#pragma once

#include "client/options.h"
#include "lib/net/tcp_connection.h"

namespace tcpstep {

inline constexpr const char* kCongestionControl = "cubic";

// Tries every address, and again as often as was asked for. Throws WorldError, or dies of a signal.
[[nodiscard]] TcpConnection connect_with_retries(const ClientOptions& options);

// Sets what holds for every connection to the server. False if the kernel does not permit the busy
// polling that was asked for.
bool prepare_connection(TcpConnection& server, const ClientOptions& options);

}  // namespace tcpstep
