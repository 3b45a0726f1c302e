#include "lib/sweep/run_description.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>
#include <string_view>
#include <utility>

#include "lib/base/text.h"
#include "lib/host/doctor.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

// Facts about both ends in a result file, prefixed with "server_" or "client_".
constexpr auto kSharedFacts =
    std::to_array<std::string_view>({"host", "os", "cpu", "processors", "virtualization", "tool"});

bool is_up(const RunSettings& settings) {
  return settings.sweep.direction == MeasuredDirection::Up;
}

std::uint64_t nanoseconds(Duration duration) {
  return static_cast<std::uint64_t>(duration.count());
}

void add_sweep(RunHeader& header, const SweepSpec& sweep, std::span<const PayloadSize> sizes) {
  for_each_sweep_field(
      [&](const auto& field) { header.add(field.header_key, to_fact(sweep.*field.member)); });
  if (sweep.sizes.has_boundaries && !sizes.empty()) {
    std::string resolved;
    for (const PayloadSize size : sizes) {
      fmt::format_to(std::back_inserter(resolved), "{}{}", resolved.empty() ? "" : " ",
                     size.bytes());
    }
    header.add("resolved_sizes_bytes", resolved);
  }
}

void add_settings(RunHeader& header, const RunSettings& settings, const HostFacts& host,
                  const ConnectionFacts& connection) {
  const Scheduling& wanted = settings.scheduling;
  header.add("requested_congestion_control", settings.congestion_control);
  header.add("effective_congestion_control", connection.path.congestion_control);
  header.add("effective_nodelay", connection.path.is_nodelay ? "on" : "off");
  header.add("requested_timestamps", to_word(settings.timestamps));
  header.add("effective_timestamps", to_word(connection.timestamps));
  header.add("wait", to_word(wanted.wait));
  header.add("requested_cpu", wanted.cpu ? std::to_string(*wanted.cpu) : "any");
  header.add("effective_cpu", host.scheduling.cpu);
  header.add("requested_realtime", wanted.is_realtime ? "on" : "off");
  header.add("effective_realtime", host.scheduling.realtime);
  header.add("requested_busy_poll_us", static_cast<std::uint64_t>(settings.busy_poll.count()));
  header.add("effective_busy_poll_us", static_cast<std::uint64_t>(connection.busy_poll.count()));
}

void add_path(RunHeader& header, const TcpConnection& peer, const ConnectionFacts& connection) {
  const PathInfo& path = connection.path;
  header.add("ip_version", peer.peer().version() == IpVersion::V4 ? "4" : "6");
  if (path.mss) {
    header.add("mss_bytes", path.mss->bytes());
  }
  if (path.path_mtu) {
    header.add("path_mtu_bytes", *path.path_mtu);
  }
  if (path.cwnd_segments) {
    header.add("initial_cwnd_segments", *path.cwnd_segments);
  }
  header.add("tcp_options", path.tcp_options);
  const InterfaceInfo& interface = connection.interface;
  header.add("interface", interface.name);
  header.add("interface_driver", interface.driver);
  header.add("interface_speed", interface.speed);
  header.add("interface_offloads", interface.offloads);
  header.add("interface_coalescing", interface.coalescing);
  header.add("interface_qdisc", interface.qdisc);
}

void add_identity(RunHeader& header, const RunSettings& settings, const RunIdentity& identity) {
  header.add("run_id", identity.run_id);
  header.add("started_utc", identity.started_utc);
  header.add("tool", version_and_git());
  header.add("protocol", to_word(identity.protocol));
  header.add("measured_by", is_up(settings) ? "client" : "server");
  header.add("concurrent_runs", identity.concurrent_runs);
}

// Each end says what it is. What the end that does not measure says is marked as its claim.
void add_ends(RunHeader& header, const Environment& server, const Environment& client, bool is_up) {
  std::string claimed;
  for (const auto& [role, facts] : {std::pair("server", &server), std::pair("client", &client)}) {
    for (const std::string_view name : kSharedFacts) {
      const auto fact = facts->find(std::string(name));
      if (fact == facts->end() || fact->second.empty()) {
        continue;
      }
      const std::string key = fmt::format("{}_{}", role, name);
      header.add(key, fact->second);
      if ((facts == &server) == is_up) {
        claimed += (claimed.empty() ? "" : " ") + key;
      }
    }
  }
  header.add(is_up ? "claimed_by_server" : "claimed_by_client", claimed);
}

// The client of a run with a browser, and how fast its host is without it.
void add_browser(RunHeader& header, const BrowserFacts& browser) {
  header.add("client_kind", browser.is_browser ? "browser" : "other");
  header.add("user_agent", browser.user_agent);
  header.add("claimed_by_client",
             browser.user_agent.empty() ? "client_kind" : "client_kind user_agent");
  if (browser.kernel_rtt) {
    header.add("browser_kernel_rtt_ns", nanoseconds(*browser.kernel_rtt));
  }
}

// As the server's socket knows them. Where addresses are translated on the way, the client's knows
// others.
void add_addresses(RunHeader& header, const RunIdentity& identity) {
  const EndAddresses& server = identity.seen_by_server;
  const EndAddresses& client = identity.seen_by_client;
  header.add("server_addr", server.server);
  header.add("client_addr", server.client);
  if (client.server != server.server) {
    header.add("claimed_server_addr", client.server);
  }
  if (client.client != server.client) {
    header.add("claimed_client_addr", client.client);
  }
}

void add_host(RunHeader& header, const HostFacts& host) {
  header.add("governor", host.info.governor);
  header.add("virtualization", host.info.virtualization);
  if (host.info.load) {
    header.add("load", fmt::format("{:.2f}", *host.info.load));
  }
  header.add("clock", "CLOCK_MONOTONIC");
  header.add("clocksource", host.info.clocksource);
  header.add("clock_resolution_ns", nanoseconds(host.timers.resolution));
  header.add("clock_reading_ns", nanoseconds(host.timers.reading_cost));
  header.add("wakeup_median_ns", nanoseconds(host.timers.wakeup_median));
  header.add("wakeup_p99_ns", nanoseconds(host.timers.wakeup_p99));
}

std::string warnings_of(const HostFacts& host, const ConnectionFacts& connection) {
  std::vector<std::string> keys;
  std::ranges::transform(host.warnings, std::back_inserter(keys), &Warning::key);
  keys.insert(keys.end(), connection.warnings.begin(), connection.warnings.end());
  return fmt::format("{}", fmt::join(keys, " "));
}

}  // namespace

std::string utc_now() {
  const auto now = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  const auto fraction = now.time_since_epoch() % 1s;
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}Z",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(now)), fraction.count());
}

EndAddresses addresses_of(const TcpConnection& connection, Role own) {
  const std::string here = connection.local_address().text();
  const std::string there = connection.peer().text();
  return own == Role::Server ? EndAddresses{.server = here, .client = there}
                             : EndAddresses{.server = there, .client = here};
}

Environment environment_of(const HostFacts& host, bool is_anonymous) {
  Environment facts{
      {"os", host.info.os}, {"cpu", host.info.cpu}, {"virtualization", host.info.virtualization}};
  if (host.info.processors > 0) {
    facts.emplace("processors", std::to_string(host.info.processors));
  }
  if (!is_anonymous) {
    facts.emplace("host", host.info.name);
  }
  std::erase_if(facts, [](const auto& fact) { return fact.second.empty(); });  // unknown is absent
  for (auto& [name, fact] : facts) {
    fact.resize(std::min<std::size_t>(fact.size(), 256));  // what the other end takes
  }
  return facts;
}

RunHeader describe_run(const TcpConnection& peer, const RunSettings& settings,
                       const RunIdentity& identity, std::span<const PayloadSize> sizes,
                       const HostFacts& host, const ConnectionFacts& connection) {
  const bool client_measures = is_up(settings);
  RunHeader header;
  add_identity(header, settings, identity);
  add_sweep(header, settings.sweep, sizes);
  add_settings(header, settings, host, connection);
  add_addresses(header, identity);
  add_path(header, peer, connection);
  const Environment own = environment_of(host, settings.is_anonymous);
  add_ends(header, client_measures ? identity.peer : own, client_measures ? own : identity.peer,
           client_measures);
  if (identity.browser) {
    header.add("ends_when_settled", settings.ends_when_settled ? "yes" : "no");
    add_browser(header, *identity.browser);
  }
  add_host(header, host);
  header.add("warnings", warnings_of(host, connection));
  return header;
}

RunHeader describe_lost_run(const RunSettings& settings, const RunIdentity& identity,
                            const HostFacts& host) {
  Environment own = environment_of(host, settings.is_anonymous);
  own.emplace("tool", version_and_git());
  RunHeader header;
  add_identity(header, settings, identity);
  add_sweep(header, settings.sweep, {});
  add_addresses(header, identity);
  add_ends(header, is_up(settings) ? own : identity.peer, is_up(settings) ? identity.peer : own,
           is_up(settings));
  return header;
}

void add_place_of_samples(RunHeader& header) {
  header.add("samples_at", header.find("measured_by").value_or(""));
}

}  // namespace tcpstep
