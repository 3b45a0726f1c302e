#include "server/environment.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/random.h>

#include <chrono>
#include <iterator>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/text.h"
#include "lib/base/version.h"
#include "lib/host/doctor.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

// A version 4 UUID (RFC 9562, section 5.4).
std::string make_run_id() {
  std::array<std::uint64_t, 2> random{};
  check_syscall(::getrandom(random.data(), sizeof random, 0), "getrandom");
  const std::uint64_t high = (random[0] & ~0xF000ULL) | 0x4000ULL;
  const std::uint64_t low = (random[1] & ~(3ULL << 62U)) | (2ULL << 62U);
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32U, (high >> 16U) & 0xFFFFU,
                     high & 0xFFFFU, low >> 48U, low & 0xFFFFFFFFFFFFULL);
}

std::string utc_now() {
  const auto now = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  const auto fraction = now.time_since_epoch() % 1s;
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}Z",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(now)), fraction.count());
}

std::uint64_t nanoseconds(Duration duration) {
  return static_cast<std::uint64_t>(duration.count());
}

const char* word(TimestampSource source) {
  switch (source) {
    case TimestampSource::Off:
      return "off";
    case TimestampSource::Software:
      return "software";
    case TimestampSource::Hardware:
      return "hardware";
  }
  return "off";
}

const char* word(TimestampMode mode) {
  switch (mode) {
    case TimestampMode::Auto:
      return "auto";
    case TimestampMode::Off:
      return "off";
    case TimestampMode::Software:
      return "software";
    case TimestampMode::Hardware:
      return "hardware";
  }
  return "off";
}

void add_sweep(RunHeader& header, const ServerOptions& options, const SweepOptions& sweep) {
  header.add("sizes_bytes", options.sizes_text);
  if (options.sizes.has_boundaries) {
    std::string resolved;
    for (const PayloadSize size : sweep.sizes) {
      fmt::format_to(std::back_inserter(resolved), "{}{}", resolved.empty() ? "" : " ",
                     size.bytes());
    }
    header.add("resolved_sizes_bytes", resolved);
  }
  header.add("rounds", sweep.rounds);
  header.add("warmup_rounds", sweep.warmup_rounds);
  header.add("order", sweep.order == Order::Ascending ? "ascending" : "shuffled");
  header.add("seed", sweep.seed);
  header.add("interval_ns", nanoseconds(options.interval));
  header.add("timeout_ns", nanoseconds(options.timeout));
  header.add("fill", options.fill == Fill::Random ? "random" : "zero");
}

void add_settings(RunHeader& header, const ServerOptions& options, const HostFacts& host,
                  const ConnectionFacts& connection) {
  const Scheduling& wanted = options.this_host.scheduling;
  header.add("requested_congestion_control", options.congestion_control);
  header.add("effective_congestion_control", connection.path.congestion_control);
  header.add("effective_nodelay", connection.path.is_nodelay ? "on" : "off");
  header.add("requested_timestamps", word(options.timestamps));
  header.add("effective_timestamps", word(connection.timestamps));
  header.add("wait", wanted.wait == Wait::Spin ? "spin" : "block");
  header.add("requested_cpu", wanted.cpu ? std::to_string(*wanted.cpu) : "any");
  header.add("effective_cpu", host.scheduling.cpu);
  header.add("requested_realtime", wanted.is_realtime ? "on" : "off");
  header.add("effective_realtime", host.scheduling.realtime);
  header.add("requested_busy_poll_us",
             static_cast<std::uint64_t>(options.this_host.busy_poll.count()));
  header.add("effective_busy_poll_us", static_cast<std::uint64_t>(connection.busy_poll.count()));
}

void add_path(RunHeader& header, const TcpConnection& client, const ConnectionFacts& connection,
              bool is_anonymous) {
  const PathInfo& path = connection.path;
  header.add("ip_version", client.peer().version() == IpVersion::V4 ? "4" : "6");
  if (!is_anonymous) {
    header.add("server_addr", client.local_address().text());
    header.add("client_addr", client.peer().text());
  }
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

void add_host(RunHeader& header, const HostFacts& host, bool is_anonymous) {
  if (!is_anonymous) {
    header.add("server_host", host.info.name);
  }
  header.add("server_os", host.info.os);
  header.add("server_cpu", host.info.cpu);
  header.add("server_processors", host.info.processors);
  header.add("governor", host.info.governor);
  header.add("virtualization", host.info.virtualization);
  header.add("load", fmt::format("{:.2f}", host.info.load));
  header.add("clock", "CLOCK_MONOTONIC");
  header.add("clocksource", host.info.clocksource);
  header.add("clock_resolution_ns", nanoseconds(host.timers.resolution));
  header.add("clock_reading_ns", nanoseconds(host.timers.reading_cost));
  header.add("wakeup_median_ns", nanoseconds(host.timers.wakeup_median));
  header.add("wakeup_p99_ns", nanoseconds(host.timers.wakeup_p99));
}

std::string keys_of(const std::vector<Warning>& warnings) {
  std::string keys;
  for (const Warning& warning : warnings) {
    keys += (keys.empty() ? "" : " ") + warning.key;
  }
  return keys;
}

}  // namespace

HostFacts prepare_host(const Scheduling& scheduling) {
  HostFacts facts;
  facts.info = describe_host();  // before pinning: how many processors there are to use
  facts.scheduling = apply(scheduling);
  facts.timers = test_timers();
  facts.warnings = examine(facts.info, facts.timers);
  facts.warnings.insert(facts.warnings.begin(), facts.scheduling.warnings.begin(),
                        facts.scheduling.warnings.end());
  return facts;
}

RunHeader describe_run(const TcpConnection& client, const ServerOptions& options,
                       const SweepOptions& sweep, const HostFacts& host,
                       const ConnectionFacts& connection) {
  RunHeader header;
  header.add("run_id", make_run_id());
  header.add("started_utc", utc_now());
  header.add("tool", version_and_git());
  header.add("link", options.link);
  header.add("label", options.label);
  header.add("protocol", "classic");
  header.add("measured_by", "server");
  header.add("direction", "down");
  header.add("connection", "warm");
  add_sweep(header, options, sweep);
  add_settings(header, options, host, connection);
  add_path(header, client, connection, options.is_anonymous);
  add_host(header, host, options.is_anonymous);
  std::vector<Warning> warnings = host.warnings;
  warnings.insert(warnings.end(), connection.warnings.begin(), connection.warnings.end());
  header.add("warnings", keys_of(warnings));
  return header;
}

std::string render(const Warning& warning) {
  return fmt::format("  ! {}\n    {}", warning.words, warning.remedy);
}

std::string render_examination(const HostFacts& host,
                               const std::vector<InterfaceInfo>& interfaces) {
  const HostInfo& info = host.info;
  std::string text = fmt::format(
      "{}\n{}, {}, governor {}, clocksource {}, load {:.2f}\n"
      "clock: resolution {}, a reading takes {}; a sleeper wakes up {} late (p99 {})\n",
      info.os, info.cpu, count_of(info.processors, "processor"), info.governor, info.clocksource,
      info.load, format_duration(host.timers.resolution), format_duration(host.timers.reading_cost),
      format_duration(host.timers.wakeup_median), format_duration(host.timers.wakeup_p99));
  std::vector<Warning> warnings = host.warnings;
  for (const InterfaceInfo& interface : interfaces) {
    text += fmt::format("{}: driver {}, {}, qdisc {}, card timestamps {}\n", interface.name,
                        interface.driver.empty() ? "unknown" : interface.driver,
                        interface.offloads.empty() ? "offloads unknown" : interface.offloads,
                        interface.qdisc.empty() ? "unknown" : interface.qdisc,
                        interface.can_stamp ? "yes" : "no");
    for (Warning& warning : examine(interface)) {
      warnings.push_back(std::move(warning));
    }
  }
  text +=
      warnings.empty() ? "\nnothing here spoils measurements\n" : "\nwhat spoils measurements:\n";
  for (const Warning& warning : warnings) {
    text += render(warning) + '\n';
  }
  return text;
}

}  // namespace tcpstep
