#include "client/options.h"

#include "lib/base/parse.h"
#include "lib/base/text.h"
#include "lib/cli/command_line.h"
#include "lib/protocol/classic.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

CommandLine declare() {
  CommandLine line("tcpstep-client [options] HOST",
                   "Connects to tcpstep-server on HOST and answers its payloads until the server "
                   "has measured enough.",
                   "Examples:\n  tcpstep-client lab.example.org\n  tcpstep-client -6 --port 7000 "
                   "--retry 30 2001:db8::7\n");
  line.positional("HOST", 1, 1);
  line.group("Connection");
  line.value("port,p", "PORT", std::to_string(kDefaultPort), "TCP port");
  line.flag("ipv4,4", "IPv4 only");
  line.flag("ipv6,6", "IPv6 only");
  line.value("timeout,W", "TIME", "30s", "limit of connecting, and of silence afterwards");
  line.value("retry", "N", "0", "try again N times, a second apart, if no connection is made");
  line.value("secret-file", "FILE", "proves to the server that we know the secret in this file");
  line.group("Run (what is left out is the server's choice)");
  line.value("link,l", "NAME", "name of the path to the server, for tables and plots");
  line.value("label", "NAME", "what else tells this run apart");
  line.value("sizes,s", "LIST", "payload bytes: first:last:step, a,b,c, boundaries");
  line.value("rounds,n", "N", "passes over all sizes");
  line.value("order", "WORD", "ascending, or shuffled anew in every round");
  line.value("interval,i", "TIME", "idle time before each ping");
  line.value("direction", "WORD", "down", "who sends and times: down the server, up we, both");
  line.value("connection", "WORD", "warm", "warm: one connection; fresh: a new one for each ping");
  line.value("repeat", "K", "1", "that many runs, one after the other");
  line.value("pause", "TIME", "0", "idle time between them");
  line.value("output,o", "PATH", "result into this new file, or into this folder");
  declare_host_options(line);
  line.flag("quiet,q", "no words but errors");
  return line;
}

std::vector<MeasuredDirection> directions(const OptionValues& values) {
  using enum MeasuredDirection;
  return values.choose<std::vector<MeasuredDirection>>(
      "direction", {{"down", {Down}}, {"up", {Up}}, {"both", {Down, Up}}});
}

Request request(const OptionValues& values) {
  Request request;
  request.wants_result = true;
  if (values.has("link")) {
    request.link = values.get("link", parse_name);
  }
  if (values.has("label")) {
    request.label = values.get("label", parse_name);
  }
  if (values.has("sizes")) {
    static_cast<void>(values.get("sizes", parse_sizes));
    request.sizes = values.text("sizes");
  }
  if (values.has("rounds")) {
    request.rounds =
        values.get("rounds", [](std::string_view text) { return parse_count(text, 1, 1'000'000); });
  }
  if (values.has("order")) {
    request.order =
        values.choose<std::string>("order", {{"ascending", "ascending"}, {"shuffled", "shuffled"}});
  }
  if (values.has("interval")) {
    request.interval =
        values.get("interval", [](std::string_view text) { return parse_duration(text, 0s, 1h); });
  }
  request.connection = values.choose<ConnectionMode>(
      "connection", {{"warm", ConnectionMode::Warm}, {"fresh", ConnectionMode::Fresh}});
  return request;
}

std::filesystem::path path_of(const OptionValues& values, const std::string& name) {
  const std::string text = values.text(name);
  if (values.has(name) && text.empty()) {
    throw UsageError("--" + name + ": the name is empty");
  }
  return text;
}

}  // namespace

std::optional<ClientOptions> parse_client_options(int argc, const char* const* argv) {
  CommandLine line = declare();
  const auto values = line.parse(argc, argv);
  if (!values) {
    return std::nullopt;
  }
  ClientOptions options;
  options.host = values->positional().front();
  if (options.host.empty()) {
    throw UsageError("HOST is empty");
  }
  options.port = values->get("port", parse_port);
  options.ip_version = ip_version_of(*values);
  options.timeout =
      values->get("timeout", [](std::string_view text) { return parse_duration(text, 1ms, 24h); });
  options.retries = values->get("retry", [](std::string_view text) {
    return static_cast<std::uint32_t>(parse_count(text, 0, 1'000'000));
  });
  options.request = request(*values);
  options.directions = directions(*values);
  options.repetitions = values->get("repeat", [](std::string_view text) {
    return static_cast<std::uint32_t>(parse_count(text, 1, 1'000'000));
  });
  options.pause =
      values->get("pause", [](std::string_view text) { return parse_duration(text, 0s, 24h); });
  options.output = path_of(*values, "output");
  if (options.runs() > 1 && !options.output.empty() &&
      !std::filesystem::is_directory(options.output)) {
    throw UsageError("--output: " + printable(options.output.string()) +
                         " is no folder, and there will be several runs",
                     "Give a folder that exists: each run gets a file of its own.");
  }
  options.secret_file = path_of(*values, "secret-file");
  options.needs_frames = !options.output.empty() || !options.secret_file.empty() ||
                         values->text("direction") != "down" ||
                         values->text("connection") != "warm";
  for (const char* name : {"link", "label", "sizes", "rounds", "order", "interval"}) {
    options.needs_frames = options.needs_frames || values->has(name);
  }
  options.this_host = host_options(*values);
  options.is_quiet = values->is_set("quiet");
  return options;
}

}  // namespace tcpstep
