#include "mesh/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>

#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/base/text.h"
#include "lib/cli/command_line.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

constexpr std::uint16_t kMeshPort = 19903;  // the service of the host keeps its own
constexpr Duration kStartWithin = 30s;
constexpr Duration kDeadline = 2min;

// The client's options of a sweep, but for the link: the mesh names it.
template <class Visit>
void for_each_mesh_field(Visit&& visit) {
  for_each_sweep_field([&](const auto& field) {
    if ((field.where & kClientOption) != 0 && field.option != "link") {
      visit(field);
    }
  });
}

std::string meaning_of(std::string_view option, std::string_view meaning) {
  return option == "direction" ? "down: the host that sends runs the server; up: the client"
                               : std::string(meaning);
}

CommandLine declare() {
  CommandLine line(
      "tcpstep-mesh --hosts FILE --launch COMMAND [options]",
      "Measures every pair of hosts once in each direction, and no host twice at the same "
      "time. The hosts need only tcpstep-server and tcpstep-client, and a command that "
      "runs programs on them.",
      "Examples\n"
      "  tcpstep mesh --hosts hosts --launch 'ssh {host}'\n"
      "  tcpstep mesh --hosts hosts --launch 'srun -N1 -n1 -w {host}' --time 10s\n"
      "  tcpstep mesh --hosts pods --launch 'kubectl exec -i {host} --'\n"
      "  tcpstep matrix mesh --since 1h\n");
  line.positional("nothing", 0, 0);
  line.group("Hosts");
  line.value("hosts", "FILE", "one host per line: name, and the address to measure if it differs");
  line.value("launch", "COMMAND",
             "runs a program on {host} and forwards its standard input: 'ssh {host}'");
  line.value("programs", "DIR", "where the two programs are on the hosts [on their PATH]");
  line.value("port,p", "PORT", std::to_string(kMeshPort), "TCP port of the server");
  line.group("Each measurement");
  for_each_mesh_field([&](const auto& field) {
    const bool has_default = (field.where & kAlwaysInRequest) != 0;
    line.value(field.names(), std::string(field.value_name),
               has_default ? to_text(SweepSpec{}.*field.member) : std::string(),
               meaning_of(field.option, field.meaning));
    line.words(std::string(field.option), words_of(field));
  });
  line.value(
      "deadline", "TIME",
      fmt::format("time limit of a measurement, start and end included [{}; more with --time]",
                  to_text(kDeadline)));
  line.group("Mesh");
  line.value("pairs", "K", "measure at most K pairs at a time [half the hosts]");
  line.value("seed", "N", "random seed of the order [a new one per mesh]");
  line.value("results,o", "DIR", "mesh", "folder for all meshes of these hosts");
  line.flag("resume", "continue the last mesh in DIR: measure what is missing or failed");
  line.flag("quiet,q", "print errors only");
  line.essentials({"hosts", "launch", "programs", "sizes", "rounds", "time", "pairs", "results",
                   "resume", "deadline"});
  return line;
}

void take_sweep(MeshOptions& options, const OptionValues& values) {
  for_each_mesh_field([&](const auto& field) {
    const std::string option(field.option);
    if (!values.has(option)) {
      return;
    }
    options.sweep.*field.member = values.get(option, field.parse);
    if (option != "direction") {
      options.measurement.sweep.push_back(fmt::format("--{}={}", option, values.text(option)));
    }
  });
  options.measurement.direction = options.sweep.direction;
}

void require(const OptionValues& values, const char* name) {
  if (!values.has(name)) {
    throw UsageError(fmt::format("missing --{}", name), "See tcpstep-mesh --help.");
  }
}

}  // namespace

std::optional<MeshOptions> parse_mesh_options(int argc, const char* const* argv) {
  const auto values = declare().parse(argc, argv);
  if (!values) {
    return std::nullopt;
  }
  require(*values, "hosts");
  require(*values, "launch");
  MeshOptions options{.hosts = values->path("hosts"),
                      .launcher = Launcher(values->text("launch"), values->text("programs")),
                      .sweep = {},
                      .measurement = {},
                      .results = values->path("results"),
                      .is_resumed = values->is_set("resume"),
                      .is_quiet = values->is_set("quiet")};
  take_sweep(options, *values);
  options.measurement.port = values->get("port", parse_port);
  options.measurement.deadline = kDeadline;
  if (options.sweep.time) {
    options.measurement.deadline = std::max(kDeadline, 3 * *options.sweep.time + 1min);
  }
  if (values->has("deadline")) {
    options.measurement.deadline = values->get(
        "deadline", [](std::string_view text) { return parse_duration(text, 1s, 24h); });
  }
  options.measurement.start_within = std::min(kStartWithin, options.measurement.deadline);
  options.pairs = std::numeric_limits<std::size_t>::max();
  if (values->has("pairs")) {
    options.pairs =
        values->get("pairs", [](std::string_view text) { return parse_count(text, 1, 10'000); });
  }
  if (values->has("seed")) {
    options.seed = values->get("seed", parse_seed);
  }
  if (options.is_resumed && options.seed) {
    throw UsageError("--resume and --seed cannot be combined",
                     "A mesh that is resumed keeps its seed.");
  }
  return options;
}

}  // namespace tcpstep
