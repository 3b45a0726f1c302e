// tcpstep-lab: emulated links of all kinds on one machine, in real and virtual time.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "lab/measure.h"
#include "lab/options.h"
#include "lab/table.h"
#include "lib/base/parse.h"
#include "lib/cli/program.h"
#include "lib/link/netem.h"
#include "lib/link/prediction.h"
#include "lib/link/profile_file.h"
#include "lib/protocol/sweep_spec.h"
#include "lib/report/penalty_table.h"
#include "lib/report/render.h"

namespace tcpstep {
namespace {

int run(const ListOptions&) {
  for (const BuiltInProfile& profile : built_in_profiles()) {
    print_data(
        fmt::format("{:<9} {}\n", profile.name, load_profile(std::string(profile.name)).note));
  }
  return kExitFine;
}

int run(const ShowOptions& options) {
  const Profile profile = load_profile(options.profile);
  LinkRuns runs;
  runs.key = {.link = profile.name, .mss = mss_of(profile)};
  for (const auto& [size, rtts] : predict(profile, {.sizes = parse_sizes("1:9901:100").fixed})) {
    for (const Duration rtt : rtts) {
      runs.series[size].add(rtt);
    }
  }
  print_data(profile_text(options.profile));
  print_lines("\nPredicted by its model:\n" +
              render_text(std::array{penalty_table(runs, Statistic::minimum())}));
  return kExitFine;
}

int run(const NetemOptions& options) {
  const Profile profile = options.link.load();
  const NetemEquivalent netem = netem_equivalent(profile);
  std::string text = fmt::format(
      "# {}: first on the server's host, then on the client's; DEV is the interface that leads "
      "to the other host.\n",
      profile.name);
  for (const auto& options_of_host : netem.options) {
    text += fmt::format("{}\n", fmt::join(netem_command("DEV", options_of_host), " "));
  }
  text += fmt::format("# On both: ip link set DEV mtu {} gso_max_segs 1\n", profile.mtu);
  for (const std::string& limit : netem.limits) {
    text += fmt::format("# Not reproduced: {}.\n", limit);
  }
  print_data(text);
  return kExitFine;
}

int run(const RunOptions& options) {
  return run_command(options);
}

int run(const MeasureOptions& options) {
  return measure(options);
}

int run(const TableOptions& options) {
  return make_table(options);
}

}  // namespace
}  // namespace tcpstep

int main(int argc, char** argv) {
  return tcpstep::run_program("tcpstep-lab", [&] {
    const auto options = tcpstep::parse_lab_options(argc, argv);
    return options ? std::visit([](const auto& wanted) { return tcpstep::run(wanted); }, *options)
                   : tcpstep::kExitFine;
  });
}
