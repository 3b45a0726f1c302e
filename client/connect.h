// From the options to a connection, and to an agreement with the server.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "client/options.h"
#include "lib/net/tcp_connection.h"
#include "lib/protocol/authentication.h"
#include "lib/protocol/negotiation.h"
#include "lib/sweep/responder.h"
#include "lib/sweep/run_description.h"
#include "lib/sweep/run_settings.h"

namespace tcpstep {

inline constexpr const char* kCongestionControl = "cubic";

// Tries every address of the server, and again as often as --retry says. Throws WorldError, or dies
// of a signal.
[[nodiscard]] TcpConnection connect_with_retries(const ClientOptions& options);

// Sets what holds for every connection to the server. False if the kernel does not permit the
// requested busy polling.
bool prepare_connection(TcpConnection& server, const ClientOptions& options);

struct Agreement {
  std::optional<Accept> accept;    // empty: the server knows only the classic protocol
  RunLimits limits;                // of the server
  bool has_asked = false;          // the server speaks frames
  std::optional<Session> session;  // with a secret
  AckedPayloads so_far;  // the opening ping; `end` is Ok unless the connection ended already
  std::string rest;      // what came after the negotiation
};

// Asks the server for a run, and waits in its queue. Throws WorldError if it refuses.
[[nodiscard]] Agreement negotiate(TcpConnection& server, const ClientOptions& options,
                                  MeasuredDirection direction, const HostFacts& host,
                                  const Secret* secret);

// What the client and the server have agreed on, for a run that begins at `begin`. The agreement
// has an `accept`, and must outlive the settings.
[[nodiscard]] RunSettings settings_of(Agreement& agreement, const ClientOptions& options,
                                      std::chrono::steady_clock::time_point begin);
[[nodiscard]] RunIdentity identity_of(const Accept& accept, const TcpConnection& server);

// A fresh connection for one ping of the run with that token.
struct FreshConnection {
  TcpConnection connection;
  std::string rest;  // what came after the negotiation
};

// Throws WorldError or std::system_error.
[[nodiscard]] FreshConnection join_run(const Address& server, const std::string& token,
                                       const ClientOptions& options, const Secret* secret);

}  // namespace tcpstep
