#include "server/options.h"

#include <fmt/format.h>

#include <limits>

#include "lib/base/text.h"
#include "lib/cli/command_line.h"
#include "lib/cli/parse.h"
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
  line.group("Results");
  line.value("link,l", "NAME", "unnamed", "name of the path to the client, for tables and plots");
  line.value("label", "NAME", "what else tells this run apart");
  line.value("results", "DIR", "results", "where each run gets its own file");
  line.value("output,o", "FILE", "one run into this new file (implies --one-off)");
  line.flag("anonymous", "no addresses and host names in the file");
  line.flag("quiet,q", "no table, no words but errors");
  return line;
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
  options.sweep = sweep_options(values);
  options.sizes = values.get("sizes", parse_sizes);
  options.sizes_text = values.text("sizes");
  if (values.has("seed")) {
    options.seed = values.get("seed", [](std::string_view text) {
      return parse_count(text, 0, std::numeric_limits<std::uint64_t>::max());
    });
  }
  options.interval =
      values.get("interval", [](std::string_view text) { return parse_duration(text, 0s, 1h); });
  options.timeout =
      values.get("timeout", [](std::string_view text) { return parse_duration(text, 1ms, 1h); });
  options.fill = values.choose<Fill>("fill", {{"random", Fill::Random}, {"zero", Fill::Zero}});
  options.timestamps =
      values.choose<TimestampMode>("timestamps", {{"auto", TimestampMode::Auto},
                                                  {"off", TimestampMode::Off},
                                                  {"software", TimestampMode::Software},
                                                  {"hardware", TimestampMode::Hardware}});
  options.this_host = host_options(values);
  options.congestion_control = values.get("congestion", parse_name);
  options.link = values.get("link", parse_name);
  if (values.has("label")) {
    options.label = values.get("label", parse_name);
  }
  options.results = values.text("results");
  if (options.results.empty()) {
    throw UsageError("--results: the name of the folder is empty");
  }
  options.output = values.text("output");
  if (values.has("output") && options.output.empty()) {
    throw UsageError("--output: the name of the file is empty");
  }
  options.is_one_off = values.is_set("one-off") || !options.output.empty();
  options.is_anonymous = values.is_set("anonymous");
  options.is_doctor = values.is_set("doctor");
  options.is_quiet = values.is_set("quiet");
  return options;
}

}  // namespace tcpstep
