#include "lab/options.h"

#include <fmt/format.h>

#include <string_view>

#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/cli/command_line.h"
#include "lib/link/profile_file.h"
#include "lib/protocol/sweep_spec.h"

namespace tcpstep {
namespace {

constexpr std::string_view kHelp =
    "Usage: tcpstep-lab COMMAND [options] [PROFILE...]\n"
    "Emulates links between two hosts on this machine, in real or virtual time.\n"
    "\n"
    "Commands:\n"
    "  list      list the built-in link profiles\n"
    "  show      print a profile and what its model predicts\n"
    "  measure   run a sweep over each link; writes one result file per link\n"
    "  run       run a command on one of two hosts joined by a link\n"
    "  netem     print the tc commands of the closest netem equivalent\n"
    "  table     measure all links and print the penalty table of 2014 beside them\n"
    "\n"
    "See tcpstep-lab COMMAND --help for options. PROFILE is a name or a file; see\n"
    "docs/lab.md.\n";

constexpr std::size_t kMostArguments = 10'000;
constexpr std::size_t kMostProfiles = 100;

// What completes PROFILE.
void offer_profiles(CommandLine& line) {
  for (const BuiltInProfile& profile : built_in_profiles()) {
    line.add_word("", profile.name);
  }
}

void declare_link(CommandLine& line) {
  offer_profiles(line);
  line.group("Link");
  line.value("scale", "K", "1", "multiply all times of the link by K: 10, or 0.2 for a quick look");
  line.flag("swap", "swap the two directions of the link");
}

void declare_seed(CommandLine& line) {
  line.value("seed", "N", "1", "random seed of the link, and of the payloads of measure");
}

void declare_place(CommandLine& line) {
  line.group("Place");
  line.flag("virtual", "run in a virtual machine with virtual time: exact, repeatable");
  line.value("kernel", "IMAGE", "with --virtual: boot this kernel instead of Debian's");
  line.flag("netem", "use the kernel's netem instead of the emulator");
  line.value("tolerance", "SHARE", "2%",
             "how late the emulator may be (p99), relative to the one-byte RTT");
}

double parse_tolerance(std::string_view text) {
  return parse_share(text, 0.01, 10);
}

LinkOptions link_options(const OptionValues& values, const std::string& profile) {
  LinkOptions link{.profile = profile,
                   .scale = values.get("scale", parse_scale),
                   .is_swapped = values.is_set("swap")};
  if (values.has("seed")) {
    link.seed = *values.get("seed", parse_seed);
  }
  static_cast<void>(link.load());  // an invalid profile is a usage error
  return link;
}

PlaceOptions place_options(const OptionValues& values) {
  if (values.has("kernel") && !values.is_set("virtual")) {
    throw UsageError("--kernel needs --virtual");
  }
  return {.is_virtual = values.is_set("virtual"),
          .kernel = values.text("kernel"),
          .is_netem = values.is_set("netem"),
          .tolerance = values.get("tolerance", parse_tolerance)};
}

std::optional<LabOptions> parse_list(int argc, const char* const* argv) {
  CommandLine line("tcpstep-lab list", "Lists the built-in link profiles.", "");
  line.group("List");
  return line.parse(argc, argv) ? std::optional<LabOptions>(ListOptions{}) : std::nullopt;
}

std::optional<LabOptions> parse_show(int argc, const char* const* argv) {
  CommandLine line("tcpstep-lab show PROFILE", "Prints a profile and what its link model predicts.",
                   "Example:\n  tcpstep-lab show adsl >mine.profile\n");
  line.group("Show");
  line.positional("PROFILE", 1, 1);
  offer_profiles(line);
  const auto values = line.parse(argc, argv);
  if (!values) {
    return std::nullopt;
  }
  return ShowOptions{.profile = values->positional().front()};
}

std::optional<LabOptions> parse_netem(int argc, const char* const* argv) {
  CommandLine line("tcpstep-lab netem [options] PROFILE",
                   "Prints the tc commands of the closest netem equivalent, and what it lacks.",
                   "Example:\n  tcpstep-lab netem adsl\n");
  line.positional("PROFILE", 1, 1);
  declare_link(line);
  const auto values = line.parse(argc, argv);
  if (!values) {
    return std::nullopt;
  }
  return NetemOptions{.link = link_options(*values, values->positional().front())};
}

std::filesystem::path packet_log(const OptionValues& values) {
  std::filesystem::path path = values.output_path("log");
  if (path == "-") {
    throw UsageError("--log: standard output is for results", "Name a file.");
  }
  return path;
}

std::optional<LabOptions> parse_run(int argc, const char* const* argv) {
  CommandLine line(
      "tcpstep-lab run [options] PROFILE -- COMMAND [ARGUMENT...]",
      "Runs COMMAND on the near host (10.19.9.1) of two that the link joins. Prefix a command "
      "with\n"
      "$TCPSTEP_FAR to run it on the far host (10.19.9.2). Down is from near to far.",
      "Examples:\n  tcpstep-lab run 3g -- ping -c 3 10.19.9.2\n"
      "  tcpstep-lab run adsl -- sh -c 'tcpstep-server -1 &\n"
      "                                 $TCPSTEP_FAR tcpstep-client 10.19.9.1'\n");
  line.positional("PROFILE -- COMMAND", 2, kMostArguments);
  declare_link(line);
  declare_seed(line);
  declare_place(line);
  line.value("log", "FILE", "log one line per packet: in, due, out");
  const auto values = line.parse(argc, argv);
  if (!values) {
    return std::nullopt;
  }
  const auto& arguments = values->positional();
  return RunOptions{.link = link_options(*values, arguments.front()),
                    .place = place_options(*values),
                    .log = packet_log(*values),
                    .command = {arguments.begin() + 1, arguments.end()}};
}

std::optional<LabOptions> parse_measure(int argc, const char* const* argv) {
  CommandLine line(
      "tcpstep-lab measure [options] PROFILE...",
      "Runs a sweep over each link with tcpstep-server and tcpstep-client.",
      "Examples:\n  tcpstep-lab measure adsl\n  tcpstep-lab measure --virtual lan wifi "
      "edge\n");
  line.positional("PROFILE", 1, kMostProfiles);
  line.group("Sweep");
  line.value("sizes,s", "LIST", "1:9901:100",
             "payload bytes: 1:9901:100, 1,1k,64KiB or boundaries");
  line.value("rounds,n", "N", "20", "passes over all sizes");
  declare_link(line);
  declare_seed(line);
  declare_place(line);
  line.group("Results");
  line.value("label", "NAME", "label of the runs (default: real or virtual)");
  line.value("results,o", "DIR", "results", "write one file per link here");
  line.value("log", "FILE", "log one line per packet: in, due, out");
  const auto values = line.parse(argc, argv);
  if (!values) {
    return std::nullopt;
  }
  MeasureOptions options;
  for (const std::string& profile : values->positional()) {
    options.links.push_back(link_options(*values, profile));
  }
  options.place = place_options(*values);
  options.log = packet_log(*values);
  if (!options.log.empty() && options.links.size() > 1) {
    throw UsageError("--log works with one link only");
  }
  options.sizes = values->text("sizes");
  static_cast<void>(values->get("sizes", parse_sizes));
  options.rounds = values->get("rounds", parse_rounds);
  options.label = values->has("label") ? values->get("label", parse_name) : "";
  options.results = values->text("results");
  return options;
}

std::optional<LabOptions> parse_table(int argc, const char* const* argv) {
  CommandLine line("tcpstep-lab table [options]",
                   "Measures all built-in links and prints the penalty table of 2014 beside them.",
                   "Example:\n  tcpstep-lab table --virtual\n");
  line.group("Table");
  line.flag("real", "in real time: takes an hour for 20 rounds");
  line.flag("virtual", "in virtual time: exact, takes two minutes (default if qemu is installed)");
  line.value("kernel", "IMAGE", "with --virtual: boot this kernel instead of Debian's");
  line.value("rounds,n", "N", "20", "passes over all sizes");
  line.value("seed", "N", "1", "random seed of the links and of the payloads");
  line.value("results,o", "DIR", "results/lab",
             "for result files, plots and table.md; replaces old ones");
  const auto values = line.parse(argc, argv);
  if (!values) {
    return std::nullopt;
  }
  if (values->is_set("real") && values->is_set("virtual")) {
    throw UsageError("--real and --virtual cannot be used together");
  }
  if (values->is_set("real") && values->has("kernel")) {
    throw UsageError("--real and --kernel cannot be used together");
  }
  TableOptions options{.kernel = values->text("kernel"),
                       .seed = *values->get("seed", parse_seed),
                       .rounds = values->get("rounds", parse_rounds),
                       .results = values->text("results")};
  if (values->is_set("real")) {
    options.time = TableOptions::Time::Real;
  } else if (values->is_set("virtual") || values->has("kernel")) {
    options.time = TableOptions::Time::Virtual;
  }
  return options;
}

}  // namespace

Profile LinkOptions::load() const {
  const Profile as_written = load_profile(profile);
  return scaled(is_swapped ? swapped(as_written) : as_written, scale);
}

std::string LinkOptions::profile_name() const {
  return std::filesystem::path(profile).filename().string();
}

std::optional<LabOptions> parse_lab_options(int argc, const char* const* argv) {
  return parse_command<LabOptions>("tcpstep-lab", kHelp,
                                   {{"list", parse_list},
                                    {"show", parse_show},
                                    {"measure", parse_measure},
                                    {"run", parse_run},
                                    {"netem", parse_netem},
                                    {"table", parse_table}},
                                   argc, argv);
}

}  // namespace tcpstep
