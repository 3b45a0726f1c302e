#include "analysis/ab_options.h"

#include <fmt/format.h>

#include <chrono>
#include <limits>
#include <string>
#include <string_view>

#include "analysis/compare_options.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/cli/command_line.h"

namespace tcpstep {

namespace {

constexpr std::uint32_t kRuns = 10;
constexpr std::uint32_t kMostRuns = 20;  // of each side, of an experiment that may end early

// Both commands, or neither. True if they were given.
bool take_commands(AbOptions& options, const OptionValues& values, const std::string& a,
                   const std::string& b) {
  if (values.has(a) != values.has(b)) {
    throw UsageError(fmt::format("missing --{}", values.has(a) ? b : a),
                     "See tcpstep-analyze ab --help.");
  }
  if (values.has(a)) {
    options.a = values.text(a);
    options.b = values.text(b);
  }
  return values.has(a);
}

}  // namespace

std::optional<AbOptions> parse_ab_options(int argc, const char* const* argv) {
  CommandLine line(
      "tcpstep-analyze ab [options] --a COMMAND --b COMMAND",
      "Runs two commands, each several times, in blocks of A, A, B, B in random order, and "
      "compares "
      "the\nresults. Each launch makes one result file: in an empty folder, $TCPSTEP_RESULTS or "
      "{folder}, or as\n{output}. Its random seed is $TCPSTEP_SEED or {seed}. Exit status 0: no "
      "regression, 3: regression,\n4: cannot tell.",
      "Examples:\n"
      "  tcpstep-analyze ab --a 'tcpstep-lab measure lan' \\\n"
      "        --b 'new/tcpstep-lab measure lan'\n"
      "  tcpstep-analyze ab --through-a 'old/proxy --listen {listen} --to {target}' \\\n"
      "        --through-b 'new/proxy --listen {listen} --to {target}'\n"
      "  tcpstep-analyze compare ab                       the verdict again\n");
  line.positional("nothing", 0, 0);
  line.group("Launches");
  line.value("a", "COMMAND", "makes one run of the baseline");
  line.value("b", "COMMAND", "makes one run of the candidate");
  line.value("through-a", "PROXY",
             "instead of --a: start a server, PROXY and a client here; {listen} and {target} are "
             "addresses, {listen_port} and {target_port} their ports");
  line.value("through-b", "PROXY", "the same for the candidate");
  line.value("output,o", "DIR", "ab", "where the runs go, with ab.json: order, seeds and times");
  line.value("runs", "N", "runs of each side, at least 4 (default: 10)");
  line.flag("until-decided",
            "check after each block from 10 + 10 runs on; stop once it is decided");
  line.value("max-runs", "N", "with --until-decided: at most N runs of each side (default: 20)");
  line.value("budget", "TIME", "start no block that would end later than TIME from now");
  line.value("seed", "N", "random seed of the order and the runs (default: a new one)");
  line.flag("resume", "continue an interrupted run in DIR");
  declare_tolerance(line);
  line.flag("quiet,q", "no progress");
  const auto values = line.parse(argc, argv);
  if (!values) {
    return std::nullopt;
  }
  AbOptions options{
      .output = values->path("output"),
      .settings = {.tolerance = tolerance_of(*values), .is_lenient = values->is_set("lenient")},
      .is_ended_early = values->is_set("until-decided"),
      .is_resumed = values->is_set("resume"),
      .is_quiet = values->is_set("quiet")};
  const bool has_commands = take_commands(options, *values, "a", "b");
  options.is_through = take_commands(options, *values, "through-a", "through-b");
  if (has_commands == options.is_through) {
    throw UsageError("expected either --a and --b, or --through-a and --through-b",
                     "See tcpstep-analyze ab --help.");
  }
  const char* const most = options.is_ended_early ? "max-runs" : "runs";
  if (const char* other = options.is_ended_early ? "runs" : "max-runs"; values->has(other)) {
    throw UsageError(fmt::format("--{} has no effect {} --until-decided", other,
                                 options.is_ended_early ? "with" : "without"),
                     fmt::format("Use --{}.", most));
  }
  options.runs = options.is_ended_early ? kMostRuns : kRuns;
  if (values->has(most)) {
    options.runs = values->get(most, [](std::string_view text) {
      return static_cast<std::uint32_t>(parse_count(text, 4, 1000));
    });
  }
  if (values->has("budget")) {
    options.budget = values->get("budget", [](std::string_view text) {
      return parse_duration(text, std::chrono::seconds(1), std::chrono::hours(24 * 365));
    });
  }
  if (values->has("seed")) {
    options.seed = values->get("seed", [](std::string_view text) {
      return parse_count(text, 0, std::numeric_limits<std::uint64_t>::max());
    });
  }
  return options;
}

}  // namespace tcpstep
