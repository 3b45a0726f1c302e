// tcpstep-lab: links of all kinds on one machine, in real and in virtual time.
#include <fmt/format.h>

#include <algorithm>

#include "lab/measure.h"
#include "lab/options.h"
#include "lab/table.h"
#include "lib/cli/program.h"
#include "lib/link/netem.h"
#include "lib/link/prediction.h"
#include "lib/link/profile_catalog.h"

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
  print_data(profile_text(options.profile));
  print_message("\n" + prediction_text(profile));
  return kExitFine;
}

int run(const NetemOptions& options) {
  const Profile profile = options.link.load();
  const NetemEquivalent netem = netem_equivalent(profile);
  std::string text = fmt::format(
      "# {}: on the server's side, then on the client's; DEV is the "
      "device towards the other.\n",
      profile.name);
  for (const auto& words : netem.options) {
    text += fmt::format("{}\n", fmt::join(netem_command("DEV", words), " "));
  }
  text += "# On both: ip link set DEV gso_max_segs 1\n";
  for (const std::string& limit : netem.limits) {
    text += fmt::format("# Not expressed: {}.\n", limit);
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
