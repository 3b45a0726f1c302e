#include "server/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "lib/base/parse.h"
#include "lib/cli/command_line.h"
#include "lib/cli/host_options.h"
#include "lib/protocol/classic.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kMostRounds = 1'000'000;

CommandLine declare() {
  CommandLine line("tcpstep-server [options]",
                   "Waits for clients, times payloads of many sizes with each of them, and writes "
                   "one result\nfile a run.",
                   "Example:\n  tcpstep-server --link lan --label desk      then, on the other "
                   "host: tcpstep-client HOST\n");
  line.group("Listening");
  line.value("port,p", "PORT", std::to_string(kDefaultPort), "TCP port");
  line.value("bind,B", "ADDRESS", "listen on this address only");
  line.flag("ipv4,4", "IPv4 only");
  line.flag("ipv6,6", "IPv6 only");
  line.flag("one-off,1", "end after one client");
  line.value("allow", "LIST", "measure only with these networks: 192.0.2.0/24,2001:db8::/32");
  line.value("secret-file", "FILE", "measure only with those who know the secret in this file");
  line.value("concurrent", "N", "1", "runs at a time; they disturb each other");
  line.group("Sweep");
  line.value("sizes,s", "LIST", "1:9901:100", "payload bytes: first:last:step, a,b,c, boundaries");
  line.value("rounds,n", "N", "20", "passes over all sizes");
  line.value("warmup,w", "N", "1", "passes before them, kept as round 0, never counted");
  line.value("order", "WORD", "ascending", "ascending, or shuffled anew in every round");
  line.value("seed", "N", "of the shuffling and the fill (default: a fresh one each run)");
  line.value("interval,i", "TIME", "0", "idle time before each ping");
  line.value("timeout,W", "TIME", "10s", "limit of each ping");
  line.value("fill", "WORD", "random", "payload bytes: random, or zero");
  line.value("congestion", "NAME", "cubic", "TCP congestion control, system for the system's");
  line.value("timestamps", "WORD", "auto", "kernel timestamps: off, software, hardware, auto");
  declare_host_options(line);
  line.flag("doctor", "say what on this host spoils measurements, and end");
  line.group("Limits");
  line.value("max-bytes", "N", "268435456", "payload bytes that a client may ask for");
  line.value("max-pings", "N", "100000", "pings that a client may ask for");
  line.value("max-time", "TIME", "60min", "how long a run may take");
  line.value("max-connections", "N", "512", "connections in all");
  line.value("max-connections-per-address", "N", "64", "connections of one address");
  line.value("max-runs-per-address", "N", "1000", "runs of one address in an hour");
  line.value("max-queue", "N", "64", "clients that wait for their turn");
  line.group("Results");
  line.value("link,l", "NAME", "unnamed", "name of the path to the client, for tables and plots");
  line.value("label", "NAME", "what else tells this run apart");
  line.value("results", "DIR", "results", "where each run gets its own file");
  line.value("output,o", "FILE", "one run into this new file (implies --one-off)");
  line.flag("anonymous", "no addresses and host names in the file");
  line.value("metrics-file", "FILE", "keep counters and minima there, for Prometheus");
  line.value("log-format", "WORD", "text", "words on standard error: text, or json");
  line.flag("quiet,q", "no table, no words but errors");
  return line;
}

std::vector<AddressRange> parse_networks(std::string_view text) {
  std::vector<AddressRange> networks;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    networks.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return networks;
}

SweepOptions sweep_options(const OptionValues& values) {
  const auto count_from = [](std::uint64_t smallest) {
    return [=](std::string_view text) {
      return static_cast<std::uint32_t>(parse_count(text, smallest, kMostRounds));
    };
  };
  return {.sizes = {},
          .rounds = values.get("rounds", count_from(1)),
          .warmup_rounds = values.get("warmup", count_from(0)),
          .order = values.choose<Order>(
              "order", {{"ascending", Order::Ascending}, {"shuffled", Order::Shuffled}})};
}

ServerLimits limits(const OptionValues& values) {
  const auto number = [&](const char* name, std::uint64_t smallest, std::uint64_t largest) {
    return values.get(name,
                      [=](std::string_view text) { return parse_count(text, smallest, largest); });
  };
  constexpr std::uint64_t kAny = std::numeric_limits<std::uint64_t>::max();
  ServerLimits limits;
  limits.bytes = number("max-bytes", 1, kAny);
  limits.pings = number("max-pings", 1, kAny);
  limits.time =
      values.get("max-time", [](std::string_view text) { return parse_duration(text, 1s, 24h); });
  limits.connections = number("max-connections", 1, 100'000);
  limits.connections_per_address = number("max-connections-per-address", 1, 100'000);
  limits.runs_per_address = number("max-runs-per-address", 1, 1'000'000);
  limits.queue = number("max-queue", 0, 100'000);
  limits.concurrent_runs = number("concurrent", 1, 64);
  if (values.has("allow")) {
    limits.allowed = values.get("allow", parse_networks);
  }
  return limits;
}

std::filesystem::path path_of(const OptionValues& values, const std::string& name) {
  const std::string text = values.text(name);
  if (values.has(name) && text.empty()) {
    throw UsageError("--" + name + ": the name of the file is empty");
  }
  return text;
}

}  // namespace

std::optional<ServerOptions> parse_server_options(int argc, const char* const* argv) {
  const auto parsed = declare().parse(argc, argv);
  if (!parsed) {
    return std::nullopt;
  }
  const OptionValues& values = *parsed;
  ServerOptions options;
  options.bind_address = values.text("bind");
  options.port = values.get("port", parse_port);
  options.ip_version = ip_version_of(values);
  options.run.sweep = sweep_options(values);
  options.limits = limits(values);
  options.secret_file = path_of(values, "secret-file");
  options.metrics_file = path_of(values, "metrics-file");
  options.log_format = values.choose<LogFormat>(
      "log-format", {{"text", LogFormat::Text}, {"json", LogFormat::Json}});
  options.run.sizes = values.get("sizes", parse_sizes);
  options.run.sizes_text = values.text("sizes");
  if (values.has("seed")) {
    options.run.seed = values.get("seed", [](std::string_view text) {
      return parse_count(text, 0, std::numeric_limits<std::uint64_t>::max());
    });
  }
  options.run.interval =
      values.get("interval", [](std::string_view text) { return parse_duration(text, 0s, 1h); });
  options.run.timeout =
      values.get("timeout", [](std::string_view text) { return parse_duration(text, 1ms, 1h); });
  options.run.fill = values.choose<Fill>("fill", {{"random", Fill::Random}, {"zero", Fill::Zero}});
  options.run.timestamps =
      values.choose<TimestampMode>("timestamps", {{"auto", TimestampMode::Auto},
                                                  {"off", TimestampMode::Off},
                                                  {"software", TimestampMode::Software},
                                                  {"hardware", TimestampMode::Hardware}});
  const HostOptions this_host = host_options(values);
  options.run.scheduling = this_host.scheduling;
  options.run.busy_poll = this_host.busy_poll;
  options.run.congestion_control = values.get("congestion", parse_name);
  options.run.link = values.get("link", parse_name);
  if (values.has("label")) {
    options.run.label = values.get("label", parse_name);
  }
  options.results = values.text("results");
  if (options.results.empty()) {
    throw UsageError("--results: the name of the folder is empty");
  }
  options.output = path_of(values, "output");
  options.is_one_off = values.is_set("one-off") || !options.output.empty();
  options.run.is_anonymous = values.is_set("anonymous");
  options.is_doctor = values.is_set("doctor");
  options.is_quiet = values.is_set("quiet");
  return options;
}

}  // namespace tcpstep
