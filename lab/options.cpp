#include "lab/options.h"

#include <fmt/format.h>

#include <limits>
#include <string_view>

#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/cli/command_line.h"
#include "lib/link/profile_catalog.h"

namespace tcpstep {
namespace {

constexpr std::string_view kHelp =
    "Usage: tcpstep-lab COMMAND [options] [PROFILE...]\n"
    "Emulates links on this machine, between its real TCP stacks, in real or in virtual time.\n"
    "\n"
    "Commands:\n"
    "  list      the profiles of links that come with tcpstep\n"
    "  show      one profile, and what its model predicts\n"
    "  measure   a sweep over one link or more: one result file each\n"
    "  run       any command on one of two hosts that a link joins\n"
    "  netem     the tc commands of the nearest netem equivalent\n"
    "  table     all links: the penalty table of 2014 again, beside the original\n"
    "\n"
    "tcpstep-lab COMMAND --help has the options. PROFILE is a name or a file: see docs/lab.md.\n";

constexpr std::uint64_t kMostRounds = 100'000;
constexpr std::size_t kMostWords = 10'000;
constexpr std::size_t kMostProfiles = 100;

void declare_link(CommandLine& line) {
  line.group("Link");
  line.value("scale", "K", "1", "multiply every time of the link: 10, or 0.2 for a quick look");
  line.flag("swap", "exchange the two directions of the link");
  line.value("seed", "N", "1", "of everything random in the link, and of the payloads");
}

void declare_place(CommandLine& line) {
  line.group("Place");
  line.flag("virtual", "in a virtual machine whose time is calculated: exact and repeatable");
  line.value("kernel", "IMAGE", "with --virtual: a kernel of yours instead of Debian's");
  line.flag("netem", "let the kernel's netem be the link, as far as it can");
  line.value("tolerance", "SHARE", "2%",
             "most that the emulator may be late (p99), of the one-byte time");
}

std::uint64_t parse_seed(std::string_view text) {
  return parse_count(text, 0, std::numeric_limits<std::uint64_t>::max());
}

std::uint32_t parse_rounds(std::string_view text) {
  return static_cast<std::uint32_t>(parse_count(text, 1, kMostRounds));
}

double parse_tolerance(std::string_view text) {
  return parse_share(text, 0.01, 10);
}

LinkOptions link_options(const OptionValues& values, const std::string& profile) {
  LinkOptions link{.profile = profile,
                   .scale = values.get("scale", parse_scale),
                   .is_swapped = values.is_set("swap"),
                   .seed = values.get("seed", parse_seed)};
  static_cast<void>(link.load());  // a wrong profile is a wrong request, whatever comes of it
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
  CommandLine line("tcpstep-lab list", "Lists the links that come with tcpstep.", "");
  line.group("List");
  return line.parse(argc, argv) ? std::optional<LabOptions>(ListOptions{}) : std::nullopt;
}

std::optional<LabOptions> parse_show(int argc, const char* const* argv) {
  CommandLine line("tcpstep-lab show PROFILE",
                   "Prints a profile and what the model of its link predicts.",
                   "Example:\n  tcpstep-lab show adsl >mine.profile\n");
  line.group("Show");
  line.positional("PROFILE", 1, 1);
  const auto values = line.parse(argc, argv);
  if (!values) {
    return std::nullopt;
  }
  return ShowOptions{.profile = values->positional().front()};
}

std::optional<LabOptions> parse_netem(int argc, const char* const* argv) {
  CommandLine line("tcpstep-lab netem [options] PROFILE",
                   "Prints the tc commands that come nearest to a link, and what they lack.",
                   "Example:\n  tcpstep-lab netem adsl\n");
  line.positional("PROFILE", 1, 1);
  declare_link(line);
  const auto values = line.parse(argc, argv);
  if (!values) {
    return std::nullopt;
  }
  return NetemOptions{.link = link_options(*values, values->positional().front())};
}

std::optional<LabOptions> parse_run(int argc, const char* const* argv) {
  CommandLine line(
      "tcpstep-lab run [options] PROFILE -- COMMAND [ARGUMENT...]",
      "Runs COMMAND on the near one (10.19.9.1) of two hosts that the link joins. What "
      "$TCPSTEP_FAR\nstands in front of runs on the far one (10.19.9.2). Down is from near to far.",
      "Examples:\n  tcpstep-lab run 3g -- ping -c 3 10.19.9.2\n"
      "  tcpstep-lab run adsl -- sh -c 'tcpstep-server -1 & $TCPSTEP_FAR tcpstep-client "
      "10.19.9.1'\n");
  line.positional("PROFILE -- COMMAND", 2, kMostWords);
  declare_link(line);
  declare_place(line);
  line.value("log", "FILE", "one line for each packet: in, due, out");
  const auto values = line.parse(argc, argv);
  if (!values) {
    return std::nullopt;
  }
  const auto& words = values->positional();
  return RunOptions{.link = link_options(*values, words.front()),
                    .place = place_options(*values),
                    .log = values->text("log"),
                    .command = {words.begin() + 1, words.end()}};
}

std::optional<LabOptions> parse_measure(int argc, const char* const* argv) {
  CommandLine line(
      "tcpstep-lab measure [options] PROFILE...",
      "Measures a sweep over each link with tcpstep-server and tcpstep-client.",
      "Examples:\n  tcpstep-lab measure adsl\n  tcpstep-lab measure --virtual lan wifi "
      "edge\n");
  line.positional("PROFILE", 1, kMostProfiles);
  line.group("Sweep");
  line.value("sizes,s", "LIST", "1:9901:100", "payload bytes: first:last:step or a,b,c");
  line.value("rounds,n", "N", "20", "passes over all sizes");
  declare_link(line);
  declare_place(line);
  line.group("Results");
  line.value("label", "NAME", "what else tells this run apart (default: real or virtual)");
  line.value("results", "DIR", "results", "where each link gets its own file");
  line.value("log", "FILE", "one line for each packet: in, due, out");
  const auto values = line.parse(argc, argv);
  if (!values) {
    return std::nullopt;
  }
  MeasureOptions options;
  for (const std::string& profile : values->positional()) {
    options.links.push_back(link_options(*values, profile));
  }
  options.place = place_options(*values);
  options.log = values->text("log");
  if (!options.log.empty() && options.links.size() > 1) {
    throw UsageError("--log: one file is for one link");
  }
  options.sizes = values->text("sizes");
  static_cast<void>(values->get("sizes", parse_sizes));
  options.rounds = values->get("rounds", parse_rounds);
  options.label = values->has("label") ? values->get("label", parse_name) : "";
  options.results = values->text("results");
  return options;
}

std::optional<LabOptions> parse_table(int argc, const char* const* argv) {
  CommandLine line(
      "tcpstep-lab table [options]",
      "Measures all links of the table of 2014 and prints it again beside the original.",
      "Example:\n  tcpstep-lab table --virtual\n");
  line.group("Table");
  line.flag("real", "in real time: an hour for the full 20 rounds");
  line.flag("virtual", "in virtual time: exact, and within two minutes (default where it works)");
  line.value("kernel", "IMAGE", "with --virtual: a kernel of yours instead of Debian's");
  line.value("rounds,n", "N", "20", "passes over all sizes");
  line.value("seed", "N", "1", "of everything random in the links, and of the payloads");
  line.value("results", "DIR", "results/lab", "for result files, plots and table.md; old ones go");
  const auto values = line.parse(argc, argv);
  if (!values) {
    return std::nullopt;
  }
  if (values->is_set("real") && values->is_set("virtual")) {
    throw UsageError("--real and --virtual exclude each other");
  }
  TableOptions options{.kernel = values->text("kernel"),
                       .seed = values->get("seed", parse_seed),
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
