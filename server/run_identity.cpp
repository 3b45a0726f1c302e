#include "server/run_identity.h"

#include <utility>

#include "lib/base/text.h"
#include "lib/sweep/run_description.h"

namespace tcpstep {

RunIdentity identity_of(const QueuedRun& client, const ServerOptions& options) {
  RunIdentity identity{.run_id = make_run_id(),
                       .is_negotiated = client.request.has_value(),
                       .concurrent_runs = options.limits.concurrent_runs,
                       .peer = {},
                       .started_utc = utc_now(),
                       .seen_by_server = {},
                       .seen_by_client = {}};
  if (client.request) {
    identity.peer = client.request->environment;
    if (!client.request->tool.empty()) {
      identity.peer.insert_or_assign("tool", client.request->tool);
    }
    identity.seen_by_client = {.server = client.request->server_addr,
                               .client = client.request->client_addr};
  }
  if (options.run.is_anonymous) {
    identity.peer.erase("host");
    identity.seen_by_client = {};
  } else {
    identity.seen_by_server = addresses_of(client.connection, Role::Server);
  }
  return identity;
}

Accept accept_of(const RunIdentity& identity, const RunSettings& settings, const std::string& token,
                 const HostFacts& host, std::uint64_t pings) {
  Environment facts = environment_of(host, settings.is_anonymous);
  facts.emplace("tool", version_and_git());
  return {.run_id = identity.run_id,
          .token = token,
          .sweep = settings.sweep,
          .pings = pings,
          .concurrent_runs = identity.concurrent_runs,
          .is_anonymous = settings.is_anonymous,
          .has_peer_retransmits = settings.has_peer_retransmits,
          .environment = std::move(facts),
          .started_utc = identity.started_utc,
          .server_addr = identity.seen_by_server.server,
          .client_addr = identity.seen_by_server.client};
}

}  // namespace tcpstep
