#include "analysis/ab_options.h"

#include <fmt/format.h>

#include <limits>
#include <string_view>

#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/cli/command_line.h"

namespace tcpstep {

std::optional<AbOptions> parse_ab_options(int argc, const char* const* argv) {
  CommandLine line(
      "tcpstep-analyze ab [options] --a COMMAND --b COMMAND --out DIR",
      "Runs two commands, each several times, in blocks of A, A, B, B in random order, and "
      "compares "
      "the\nresults. Each launch makes one result file: in an empty folder, $TCPSTEP_RESULTS or "
      "{folder}, or as\n{output}. Its random seed is $TCPSTEP_SEED or {seed}. Exit status 0: no "
      "regression, 3: regression,\n4: cannot tell.",
      "Examples:\n"
      "  tcpstep-analyze ab --a 'tcpstep-lab measure lan' --b 'new/tcpstep-lab measure lan' --out "
      "ab\n"
      "  tcpstep-analyze ab --a 'tcpstep-server -1 & ssh far tcpstep-client me; wait $!' --b ... "
      "--out "
      "ab\n  tcpstep-analyze compare ab/a-*.csv -- ab/b-*.csv\n");
  line.positional("nothing", 0, 0);
  line.group("Launches");
  line.value("a", "COMMAND", "makes one run of the baseline");
  line.value("b", "COMMAND", "makes one run of the candidate");
  line.value("out", "DIR", "where the runs go, with ab.json: order, seeds and times");
  line.value("runs", "N", "10", "runs of each side, at least 4; a maximum with --until-decided");
  line.flag("until-decided", "end early, as soon as the verdict is known");
  line.value("seed", "N", "random seed of the order and the runs (default: a new one)");
  line.flag("resume", "continue an interrupted run in DIR");
  line.flag("quiet,q", "no progress bar");
  const auto values = line.parse(argc, argv);
  if (!values) {
    return std::nullopt;
  }
  for (const char* name : {"a", "b", "out"}) {
    if (values->text(name).empty()) {
      throw UsageError(fmt::format("missing --{}", name), "See tcpstep-analyze ab --help.");
    }
  }
  AbOptions options{
      .runs = values->get("runs",
                          [](std::string_view text) {
                            return static_cast<std::uint32_t>(parse_count(text, 4, 1000));
                          }),
      .a = values->text("a"),
      .b = values->text("b"),
      .out = values->text("out"),
      .is_ended_early = values->is_set("until-decided"),
      .is_resumed = values->is_set("resume"),
      .is_quiet = values->is_set("quiet")};
  if (values->has("seed")) {
    options.seed = values->get("seed", [](std::string_view text) {
      return parse_count(text, 0, std::numeric_limits<std::uint64_t>::max());
    });
  }
  return options;
}

}  // namespace tcpstep
