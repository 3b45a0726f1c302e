#include "client/options.h"

#include <fmt/format.h>

#include <filesystem>
#include <limits>
#include <system_error>

#include "lib/base/parse.h"
#include "lib/base/text.h"
#include "lib/cli/command_line.h"
#include "lib/protocol/frame.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kQuickRounds = 8;
constexpr std::size_t kLongestSizes =
    kLargestRequest / 2;  // the rest of a request has room beside it

CommandLine declare() {
  CommandLine line("tcpstep-client [options] HOST",
                   "Measures round-trip times with tcpstep-server on HOST: a name or an address, "
                   "also HOST:PORT, "
                   "[2001:db8::7]:PORT or fe80::1%eth0.",
                   "Examples\n"
                   "  tcpstep run lab.example.org\n"
                   "  tcpstep run lab.example.org --save ticket         table, picture and page\n"
                   "  tcpstep run lab.example.org --time 10s --json     for a script\n"
                   "  tcpstep run lab.example.org --link adsl --direction both --output runs/\n");
  line.positional("HOST", 1, 1);
  line.group("Connection");
  line.value("port,p", "PORT", std::to_string(kDefaultPort), "TCP port");
  line.flag("ipv4,4", "IPv4 only");
  line.flag("ipv6,6", "IPv6 only");
  line.value("timeout,W", "TIME", "30s", "timeout for connecting and for each wait for data");
  line.value("max-time", "TIME", "60min", "longest run that this client accepts");
  line.value("max-bytes", "SIZE", "1GiB", "most payload bytes that this client accepts");
  line.value("retry", "N", "0", "retry a failed connection N times, once a second");
  line.value("secret-file", "FILE", "authenticate both ends with the secret in this file");
  line.value("lease", "TIME", std::string(kLeaseHelp));
  line.group("Run (defaults come from the server)");
  for_each_sweep_field([&](const auto& field) {
    if ((field.where & kClientOption) != 0) {
      const bool has_default = (field.where & kAlwaysInRequest) != 0;
      line.value(field.names(), std::string(field.value_name),
                 has_default ? to_text(SweepSpec{}.*field.member) : std::string(),
                 std::string(field.meaning));
      line.words(std::string(field.option), words_of(field));
    }
  });
  line.add_word("direction", "both");
  line.flag("quick", "a quick look: the boundaries only, 8 rounds");
  line.value("repeat", "K", "1", "number of runs, one after the other");
  line.value("pause", "TIME", "0", "idle time between runs");
  line.group("Output");
  line.value("save,S", "DIR", "keep run, table, pictures and page in this folder");
  line.value("output,o", "PATH",
             "write the result to this new file, into this folder, or to standard output: -");
  line.flag("json", "print JSON instead of the table");
  line.flag("quiet,q", "print errors only");
  declare_host_options(line);
  line.essentials({"port", "link", "time", "quick", "sizes", "rounds", "direction", "repeat",
                   "save", "output", "json"});
  return line;
}

PartialSweep sweep(const OptionValues& values) {
  PartialSweep sweep;
  if (values.is_set("quick")) {
    sweep.values.sizes = parse_sizes("boundaries");
    sweep.values.rounds = kQuickRounds;
    sweep.chosen.insert({"sizes", "rounds"});
  }
  for_each_sweep_field([&](const auto& field) {
    const std::string option(field.option);
    const bool is_both = option == "direction" && values.text(option) == "both";
    if ((field.where & kClientOption) != 0 && values.has(option) && !is_both) {
      sweep.values.*field.member = values.get(option, field.parse);
      if ((field.where & kAlwaysInRequest) == 0) {
        sweep.chosen.insert(field.key);
      }
    }
  });
  return sweep;
}

// A folder whose name ends like one is made if it is missing.
std::filesystem::path output_of(const OptionValues& values) {
  if (const auto path = values.path("output"); !path.empty() && !path.has_filename()) {
    std::error_code failure;
    std::filesystem::create_directories(path, failure);
    if (failure) {
      throw UsageError(fmt::format("--output: cannot make the folder '{}': {}",
                                   printable(path.string()), failure.message()),
                       "Name one that you may write to.");
    }
  }
  return values.output_path("output");
}

}  // namespace

std::optional<ClientOptions> parse_client_options(int argc, const char* const* argv) {
  CommandLine line = declare();
  const auto values = line.parse(argc, argv);
  if (!values) {
    return std::nullopt;
  }
  ClientOptions options;
  const HostAndPort host = split_host(values->positional().front());
  options.host = host.host;
  options.port = host.port.value_or(values->get("port", parse_port));
  options.ip_version = ip_version_of(*values);
  options.timeout =
      values->get("timeout", [](std::string_view text) { return parse_duration(text, 1ms, 24h); });
  options.limits.bytes = values->get("max-bytes", [](std::string_view text) {
    return parse_bytes(text, 1, std::numeric_limits<std::uint64_t>::max());
  });
  options.limits.time =
      values->get("max-time", [](std::string_view text) { return parse_duration(text, 1s, 24h); });
  options.retries = values->get("retry", [](std::string_view text) {
    return static_cast<std::uint32_t>(parse_count(text, 0, 1'000'000));
  });
  options.request.wants_result = true;
  options.request.has_peer_retransmits = true;
  options.request.sweep = sweep(*values);
  if (const std::size_t length = options.request.sweep.values.sizes.text.size();
      length > kLongestSizes) {
    throw UsageError(fmt::format("--sizes: a list of {} characters, and a server takes at most {}",
                                 length, kLongestSizes),
                     "Write it in ranges: 1:9901:100 is 1, 101, … 9901.");
  }
  using enum MeasuredDirection;
  const SweepSpec& requested = options.request.sweep.values;
  options.directions = values->text("direction") == "both" ? std::vector{Down, Up}
                                                           : std::vector{requested.direction};
  options.repetitions = values->get("repeat", [](std::string_view text) {
    return static_cast<std::uint32_t>(parse_count(text, 1, 1'000'000));
  });
  options.pause =
      values->get("pause", [](std::string_view text) { return parse_duration(text, 0s, 24h); });
  options.output = output_of(*values);
  if (options.runs() > 1 && !options.output.empty() &&
      !std::filesystem::is_directory(options.output)) {
    throw UsageError("--output: " + printable(options.output.string()) +
                         " is not a folder, and there will be several runs",
                     "Name a folder, with a slash at its end: each run gets its own file.");
  }
  options.save = values->path("save");
  options.is_json = values->is_set("json");
  if (!options.save.empty() && !options.output.empty()) {
    throw UsageError("--save and --output cannot be combined", "--save keeps the run, too.");
  }
  if (options.is_json && options.runs() > 1) {
    throw UsageError(
        "--json is for one run",
        "Keep the runs with --save DIR, then: tcpstep report --format json DIR/run*.csv");
  }
  options.secret_file = values->path("secret-file");
  options.lease = lease_of(*values);
  options.needs_frames =
      !options.output.empty() || !options.save.empty() || options.is_json ||
      !options.secret_file.empty() || options.lease || options.directions != std::vector{Down} ||
      requested.connection != ConnectionMode::Warm || !options.request.sweep.chosen.empty();
  options.this_host = host_options(*values);
  options.is_quiet = values->is_set("quiet");
  return options;
}

}  // namespace tcpstep
