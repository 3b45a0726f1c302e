#include "server/run_identity.h"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

#include "lib/base/parse.h"
#include "lib/base/text.h"
#include "lib/net/address_range.h"
#include "lib/protocol/authentication.h"
#include "lib/sweep/run_description.h"
#include "server/run.h"

namespace tcpstep {
namespace {

// Half a name: what is not permitted in it becomes a dash.
std::string half_of_name(std::string text) {
  constexpr std::size_t kLongest = 31;
  text.resize(std::min(text.size(), kLongest));
  for (char& c : text) {
    c = is_valid_name({&c, 1}) ? c : '-';
  }
  return text;
}

// A phone's is often "localhost", that of a host without one "(none)".
bool is_distinctive(std::string_view host) {
  return !host.empty() && host != "localhost" && host != "(none)";
}

}  // namespace

std::string automatic_link(const QueuedRun& client, const HostFacts& host,
                           const ServerOptions& options) {
  const TcpConnection& connection = client.connection;
  std::string server_end = name_of_network(connection.local_address());
  std::string client_end = name_of_network(connection.peer());
  if (!options.run.is_anonymous) {
    server_end = is_distinctive(host.info.name) ? host.info.name : server_end;
    const Environment& facts = client.request->environment;
    const auto name = facts.find("host");
    client_end = name != facts.end() && is_distinctive(name->second) ? name->second : client_end;
  }
  return half_of_name(server_end) + "-" + half_of_name(client_end);
}

RunIdentity identity_of(const QueuedRun& client, const ServerOptions& options) {
  RunIdentity identity{.run_id = make_run_id(),
                       .protocol = client.protocol,
                       .concurrent_runs = options.limits.concurrent_runs,
                       .peer = {},
                       .started_utc = utc_now(),
                       .seen_by_server = {},
                       .seen_by_client = {},
                       .browser = client.browser};
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

RunTask task_for(QueuedRun client, const ServerOptions& options, const HostFacts& host) {
  RunTask task{.client = std::move(client), .identity = {}, .token = random_hex(16)};
  task.identity = identity_of(task.client, options);
  RunSettings& settings = task.client.settings;
  if (const Request* request = task.client.request ? &*task.client.request : nullptr;
      request != nullptr && !request->sweep.chosen.contains("link") && !options.is_link_chosen &&
      options.limits.links.empty()) {
    settings.sweep.link = automatic_link(task.client, host, options);
  }
  settings.deadline = std::chrono::steady_clock::now() + options.limits.time;
  if (task.client.protocol == Protocol::WebSocket) {
    settings.framing = Framing::WebSocket;
    settings.ends_when_settled = true;
  }
  return task;
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
