#include "client/options.h"

#include "lib/cli/command_line.h"
#include "lib/cli/parse.h"
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
  declare_host_options(line);
  line.flag("quiet,q", "no words but errors");
  return line;
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
  options.this_host = host_options(*values);
  options.is_quiet = values->is_set("quiet");
  return options;
}

}  // namespace tcpstep
