#include "front/commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/text.h"

namespace tcpstep {
namespace {

constexpr std::array kCommands{
    FrontCommand{"server", "tcpstep-server", "server", ""},
    FrontCommand{"run", "tcpstep-client", "client", ""},
    FrontCommand{"mesh", "tcpstep-mesh", "mesh", ""},
    FrontCommand{"lab", "tcpstep-lab", "lab", ""},
    FrontCommand{"doctor", "tcpstep-server", "server", "--doctor"},
    FrontCommand{"report", "tcpstep-analyze", "analysis", "report"},
    FrontCommand{"show", "tcpstep-analyze", "analysis", "show"},
    FrontCommand{"plot", "tcpstep-analyze", "analysis", "plot"},
    FrontCommand{"matrix", "tcpstep-analyze", "analysis", "matrix"},
    FrontCommand{"ab", "tcpstep-analyze", "analysis", "ab"},
    FrontCommand{"compare", "tcpstep-analyze", "analysis", "compare"},
    FrontCommand{"history", "tcpstep-analyze", "analysis", "history"},
    FrontCommand{"export", "tcpstep-analyze", "analysis", "export"},
    FrontCommand{"import", "tcpstep-analyze", "analysis", "import"},
    FrontCommand{"validate", "tcpstep-analyze", "analysis", "validate"},
    FrontCommand{"repair", "tcpstep-analyze", "analysis", "repair"},
};

constexpr std::string_view kHelp = R"(Usage: tcpstep COMMAND [options]

Measures what message size costs on a TCP connection: the round-trip time for
1 to 9901 bytes, and the step at every additional packet.

Measure
  server     wait for clients and measure the path to each of them
  run HOST   measure the path to a server
  mesh       measure every pair of many hosts, in turn
  lab        emulated links on this machine: Wi-Fi, DSL, 3G, your own
  doctor     check this host for sources of noise

Look
  report     tables of one link or many: text, Markdown, CSV, JSON, web page
  matrix     every pair of hosts: which path, which host is slow?
  show FILE  one run: hosts, settings, warnings, the shortest pings
  plot       pictures of one link, or of all links together

Decide       exit status 0 not slower, 3 slower, 4 cannot tell
  ab         run two commands, or two proxies, in random order and compare
  compare    compare runs that you have
  history    when did a link become slower or faster?

Files
  export     tables for other programs: OpenMetrics, benchstat, ...
  import     a result file from raw samples of sockperf, irtt or lagscope
  validate   check that files are complete
  repair     save what is left of a file that was cut off

Examples
  tcpstep server                                 on one host
  tcpstep run server.example.org --save ticket   on the other
  tcpstep report --since 60d results             all links, what changed
  tcpstep ab --a ./old.sh --b ./new.sh           in CI

'tcpstep help COMMAND' has the options of a command, 'tcpstep help all' of all.
)";

}  // namespace

std::span<const FrontCommand> front_commands() {
  return kCommands;
}

std::string_view front_help() {
  return kHelp;
}

Command program_of(std::string_view word) {
  const auto found = std::ranges::find(kCommands, word, &FrontCommand::name);
  if (found != kCommands.end()) {
    Command command{sibling_program(std::string(found->program), std::string(found->folder))};
    if (!found->argument.empty()) {
      command.emplace_back(found->argument);
    }
    return command;
  }
  const bool is_name = std::ranges::all_of(
      word, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
  if (word.empty() || word.front() == '-' || !is_name) {
    throw UsageError(fmt::format("unknown command '{}'", printable(word)),
                     "'tcpstep help' lists the commands.");
  }
  return {sibling_program(fmt::format("tcpstep-{}", word), std::string(word))};
}

std::string nearest_command(std::string_view word) {
  std::vector<std::string> names;
  for (const FrontCommand& command : kCommands) {
    names.emplace_back(command.name);
  }
  return nearest_word(word, names);
}

}  // namespace tcpstep
