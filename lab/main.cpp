// tcpstep-lab: emulated links of all kinds on one machine, in real and virtual time.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "lab/measure.h"
#include "lab/options.h"
#include "lab/table.h"
#include "lib/base/parse.h"
#include "lib/base/screen_text.h"
#include "lib/cli/program.h"
#include "lib/cli/screen.h"
#include "lib/link/netem.h"
#include "lib/link/prediction.h"
#include "lib/link/profile_file.h"
#include "lib/protocol/sweep_spec.h"
#include "lib/report/penalty_table.h"
#include "lib/report/render.h"

namespace tcpstep {
namespace {

int run(const ListOptions&) {
  const Screen screen = screen_of_output();
  for (const BuiltInProfile& profile : built_in_profiles()) {
    const std::string name = fmt::format("{:<9} ", profile.name);
    print_data(wrapped(load_profile(std::string(profile.name)).note, screen.columns, name,
                       std::string(name.size(), ' ')));
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
  const Screen screen = screen_of_output();
  const std::string table =
      render_text(std::array{penalty_table(runs, Statistic::minimum())}, {.screen = screen});
  print_lines("\nPredicted by its model:\n" + (screen.is_unicode ? table : in_ascii(table)));
  return kExitFine;
}

int run(const NetemOptions& options) {
  const Profile profile = options.link.load();
  const NetemEquivalent netem = netem_equivalent(profile);
  const std::size_t columns = screen_of_output().columns;
  const auto comment = [&](const std::string& words) {
    return wrapped(words, columns, "# ", "# ");
  };
  std::string text = comment(fmt::format(
      "{}: first on the server's host, then on the client's; DEV is the interface that leads to "
      "the other host.",
      profile.name));
  for (const auto& options_of_host : netem.options) {
    text += fmt::format("{}\n", fmt::join(netem_command("DEV", options_of_host), " "));
  }
  text += comment(fmt::format("On both: ip link set DEV mtu {} gso_max_segs 1", profile.mtu));
  for (const std::string& limit : netem.limits) {
    text += comment(fmt::format("Not reproduced: {}.", limit));
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
