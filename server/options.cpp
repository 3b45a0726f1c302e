#include "server/options.h"

#include <fmt/format.h>

#include <limits>
#include <vector>

#include "lib/base/parse.h"
#include "lib/base/text.h"
#include "lib/cli/command_line.h"
#include "lib/protocol/frame.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

// A third of the sizes of the full sweep, more of the classes in the table of 2014. With the usual
// MSS, those of 2, 3 and 4 segments lie evenly around the middle of their class, so that their mean
// is that of all its sizes; 1401 is the largest of one segment.
constexpr std::string_view kWebSizes =
    "1:1201:400,1401,1501:2101:200,2201:2801:200,3001:4201:400,4401:5001:200,5101:5701:200,"
    "5901:9901:500";

// What --help says of the defaults that depend on the client.
std::string_view default_of(std::string_view key) {
  return key == "order"  ? " [shuffled; ascending for classic clients]"
         : key == "link" ? " [both hosts; unnamed for classic clients]"
                         : "";
}

CommandLine declare() {
  CommandLine line("tcpstep-server [options]",
                   "Waits for clients, measures the round-trip time of payloads of many sizes with "
                   "each of them, and writes one result file per run.",
                   "Examples\n"
                   "  tcpstep server                       on the other host: tcpstep run HOST\n"
                   "  tcpstep server --one-off --output run.csv --sizes boundaries\n"
                   "  tcpstep server --allow 192.0.2.0/24 --secret-file secret --anonymous\n");
  line.group("Listening");
  line.value("port,p", "PORT", std::to_string(kDefaultPort), "TCP port");
  line.value("bind,B", "ADDRESS", "listen on this address only");
  line.flag("ipv4,4", "IPv4 only");
  line.flag("ipv6,6", "IPv6 only");
  line.flag("one-off,1", "exit after one client");
  line.value("allow", "LIST", "accept only clients of these networks: 192.0.2.0/24,2001:db8::/32");
  line.value("links", "LIST", "names that clients may give their link: lan,wifi [any]");
  line.value("secret-file", "FILE", "accept only clients that know the secret in this file");
  line.value("web", "PORT",
             fmt::format("also serve browsers, on this port or ADDRESS:PORT; {} by convention",
                         kDefaultWebPort));
  line.value("lease", "TIME", std::string(kLeaseHelp));
  line.value("concurrent", "N", "1", "runs at the same time; they disturb each other");
  line.group("Sweep");
  for_each_sweep_field([&](const auto& field) {
    if ((field.where & kServerOption) != 0) {
      const std::string_view depends = default_of(field.key);
      line.value(field.names(), std::string(field.value_name),
                 depends.empty() ? to_text(SweepSpec{}.*field.member) : std::string(),
                 fmt::format("{}{}", field.meaning, depends));
      line.words(std::string(field.option), words_of(field));
    }
  });
  line.value("web-sizes", "LIST",
             "payload bytes with a browser; 2 is the smallest [34 sizes up to 9901]");
  line.value("web-rounds", "N", "20", "most rounds with a browser; fewer if the table has settled");
  line.value("congestion", "NAME", "cubic", "TCP congestion control; system: the system's default");
  line.value("timestamps", "WORD", "auto", "kernel timestamps");
  line.words("timestamps", kNamesOf<TimestampMode>);
  declare_host_options(line);
  line.flag("doctor", "check this host for sources of noise, and exit");
  line.group("Limits");
  line.value("max-bytes", "SIZE", "256MiB", "payload bytes that a client may request");
  line.value("max-pings", "N", "100000", "pings that a client may request");
  line.value("max-time", "TIME", "60min", "longest run");
  line.value("max-connections", "N", "512", "connections in total");
  line.value("max-connections-per-address", "N", "64", "connections per address");
  line.value("max-runs-per-address", "N", "1000", "runs and refused requests per address an hour");
  line.value("max-queue", "N", "64", "queued clients; addresses take turns");
  line.value("max-results", "SIZE", "4GiB", "start no run once --results is larger");
  line.value("min-free", "SIZE", "16MiB", "start no run with less free space for --results");
  line.group("Results");
  line.value("results", "DIR", "results", "folder for one file per run");
  line.value("output,o", "FILE",
             "write one run to this new file, or to standard output: - (implies --one-off)");
  line.flag("anonymous", "no addresses or host names in the file");
  line.value("metrics-file", "FILE",
             "write counters and fastest RTTs to this file, for Prometheus");
  line.value("log-format", "WORD", "text", "format of messages on standard error");
  line.words("log-format", kNamesOf<LogFormat>);
  line.flag("quiet,q", "print errors only, no table");
  line.essentials({"doctor", "port", "bind", "web", "link", "label", "results", "one-off", "allow",
                   "secret-file", "anonymous", "cpu"});
  return line;
}

// What commas separate, each item as `parse` reads it.
template <class Parse>
auto parse_list(std::string_view text, Parse parse) {
  std::vector<decltype(parse(text))> items;
  for (const std::string_view item : split(text, ",")) {
    items.push_back(parse(item));
  }
  return items;
}

SweepSpec sweep(const OptionValues& values) {
  SweepSpec sweep;
  for_each_sweep_field([&](const auto& field) {
    const std::string option(field.option);
    if ((field.where & kServerOption) != 0 && values.has(option)) {
      sweep.*field.member = values.get(option, field.parse);
    }
  });
  return sweep;
}

ServerLimits limits(const OptionValues& values) {
  const auto number = [&](const char* name, std::uint64_t smallest, std::uint64_t largest) {
    return values.get(name,
                      [=](std::string_view text) { return parse_count(text, smallest, largest); });
  };
  constexpr std::uint64_t kAny = std::numeric_limits<std::uint64_t>::max();
  const auto bytes = [&](const char* name, std::uint64_t smallest) {
    return values.get(name,
                      [=](std::string_view text) { return parse_bytes(text, smallest, kAny); });
  };
  ServerLimits limits;
  limits.bytes = bytes("max-bytes", 1);
  limits.pings = number("max-pings", 1, kAny);
  limits.time =
      values.get("max-time", [](std::string_view text) { return parse_duration(text, 1s, 24h); });
  limits.connections = number("max-connections", 1, 100'000);
  limits.connections_per_address = number("max-connections-per-address", 1, 100'000);
  limits.runs_per_address = number("max-runs-per-address", 1, 1'000'000);
  limits.queue = number("max-queue", 0, 100'000);
  limits.concurrent_runs = number("concurrent", 1, 64);
  limits.results_bytes = bytes("max-results", 1);
  limits.free_bytes = bytes("min-free", 0);
  if (values.has("allow")) {
    limits.allowed = values.get("allow", [](std::string_view text) {
      return parse_list(text, [](std::string_view network) { return AddressRange(network); });
    });
  }
  if (values.has("links")) {
    limits.links =
        values.get("links", [](std::string_view text) { return parse_list(text, parse_name); });
  }
  return limits;
}

// "19902", "192.0.2.1:19902", "[2001:db8::1]:19902".
ServerOptions::Web web(const OptionValues& values, const std::string& bind_address) {
  ServerOptions::Web web{.bind_address = bind_address,
                         .sizes = values.has("web-sizes") ? values.get("web-sizes", parse_sizes)
                                                          : parse_sizes(kWebSizes),
                         .most_rounds = values.get("web-rounds", parse_rounds)};
  const std::string text = values.text("web");
  if (text.find(':') == std::string::npos) {
    web.port = values.get("web", parse_port);
    return web;
  }
  const HostAndPort place = values.get("web", split_host);
  if (!place.port) {
    throw UsageError(fmt::format("--web {}: expected [ADDRESS:]PORT", text));
  }
  web.bind_address = place.host;
  web.port = *place.port;
  return web;
}

}  // namespace

SweepSpec ServerOptions::web_sweep() const {
  SweepSpec sweep = run.sweep;
  sweep.order = Order::Shuffled;
  sweep.sizes = web->sizes;
  sweep.rounds = web->most_rounds;
  return sweep;
}

SweepSpec ServerOptions::negotiated_sweep() const {
  SweepSpec sweep = run.sweep;
  sweep.order = is_order_chosen ? sweep.order : Order::Shuffled;
  return sweep;
}

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
  options.run.sweep = sweep(values);
  options.is_order_chosen = values.has("order");
  options.is_link_chosen = values.has("link");
  options.limits = limits(values);
  options.secret_file = values.path("secret-file");
  if (values.has("web")) {
    options.web = web(values, options.bind_address);
    if (!options.secret_file.empty()) {
      throw UsageError("--web and --secret-file: a browser cannot prove that it knows a secret",
                       "Use --allow to choose who may measure.");
    }
  }
  options.lease = lease_of(values);
  options.metrics_file = values.path("metrics-file");
  options.log_format = values.choose("log-format", kNamesOf<LogFormat>);
  options.run.timestamps = values.choose("timestamps", kNamesOf<TimestampMode>);
  const HostOptions this_host = host_options(values);
  options.run.scheduling = this_host.scheduling;
  options.run.busy_poll = this_host.busy_poll;
  options.run.congestion_control = values.get("congestion", parse_name);
  options.results = values.text("results");
  if (options.results.empty()) {
    throw UsageError("--results: the name of the folder is empty");
  }
  options.output = values.output_path("output");
  options.is_one_off = values.is_set("one-off") || !options.output.empty();
  options.run.is_anonymous = values.is_set("anonymous");
  options.is_doctor = values.is_set("doctor");
  options.is_quiet = values.is_set("quiet");
  return options;
}

}  // namespace tcpstep
