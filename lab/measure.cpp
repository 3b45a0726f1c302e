#include "lab/measure.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <optional>
#include <thread>
#include <vector>

#include "lab/faithfulness.h"
#include "lab/hosts_run.h"
#include "lab/run_header.h"
#include "lab/two_hosts.h"
#include "lab/virtual_machine.h"
#include "lib/base/error.h"
#include "lib/base/fd.h"
#include "lib/base/file.h"
#include "lib/base/parse.h"
#include "lib/base/process.h"
#include "lib/cli/program.h"
#include "lib/cli/progress_bar.h"
#include "lib/cli/stop_signals.h"
#include "lib/protocol/sweep_spec.h"
#include "lib/runfile/output_file.h"
#include "lib/runfile/run_reader.h"
#include "lib/runfile/run_writer.h"

namespace tcpstep {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kWarmupRounds = 1;  // tcpstep-server's default

// The options of the same request for another process, here or in the virtual machine.
Command arguments_of(const LinkOptions& link, const PlaceOptions& place) {
  Command arguments{"--scale",     link.scale.text(),
                    "--seed",      std::to_string(link.seed),
                    "--tolerance", fmt::format("{:.10g}%", place.tolerance * 100)};
  if (link.is_swapped) {
    arguments.emplace_back("--swap");
  }
  if (place.is_netem) {
    arguments.emplace_back("--netem");
  }
  return arguments;
}

Command arguments_of(const MeasureOptions& options, const LinkOptions& link) {
  Command arguments = arguments_of(link, options.place);
  arguments.insert(arguments.begin(), "measure");
  arguments.insert(arguments.end(), {"--sizes", options.sizes, "--rounds",
                                     std::to_string(options.rounds), "--results", options.results});
  if (!options.log.empty()) {
    arguments.insert(arguments.end(), {"--log", options.log});
  }
  return arguments;
}

// One link, on two hosts of this machine.
int measure_here(const MeasureOptions& options) {
  const StopSignals signals;
  const TemporaryFolder folder;
  const fs::path unfinished = folder.path() / "run.csv";
  const LinkOptions& link = options.links.front();
  const Profile profile = link.load();
  const std::string label = !options.label.empty() ? options.label
                            : is_time_virtual()    ? "virtual"
                                                   : "real";
  const Command server{sibling_program("tcpstep-server", "server"),
                       "--quiet",
                       "--ipv4",
                       "--bind",
                       kNearAddress,
                       "--output",
                       unfinished,
                       "--link",
                       profile.name,
                       "--label",
                       label,
                       "--sizes",
                       options.sizes,
                       "--rounds",
                       std::to_string(options.rounds),
                       "--order",
                       "ascending",  // as in 2014
                       "--seed",
                       std::to_string(link.seed),
                       "--timeout",
                       "60s"};
  const Command client{sibling_program("tcpstep-client", "client"),
                       "--quiet",
                       "--ipv4",
                       "--retry",
                       "20",
                       "--timeout",
                       "2min",
                       kNearAddress};
  const SizeList sizes = parse_sizes(options.sizes);
  const std::size_t pings = sizes.has_boundaries ? 0 : sizes.fixed.size();  // per round; 0: unknown
  std::optional<ProgressBar> progress(std::in_place, "ping",
                                      (options.rounds + kWarmupRounds) * pings, !is_time_virtual());
  std::uint64_t acks = 0;
  const HostsRunOutcome outcome =
      run_on_two_hosts({.profile = profile,
                        .seed = link.seed,
                        .is_time_virtual = is_time_virtual(),
                        .is_netem = options.place.is_netem,
                        .log = options.log,
                        .near = server,
                        .far = client,
                        .on_ack = [&] { progress->show(acks++, profile.name); }});
  progress.reset();

  const bool is_measured = fs::exists(unfinished) && fs::file_size(unfinished) > 0;
  std::vector<Row> rows;
  if (is_measured && !options.place.is_netem) {
    RunReader reader(unfinished);
    while (const auto row = reader.next()) {
      rows.push_back(*row);
    }
  }
  const Faithfulness faithfulness =
      judge(outcome.error, outcome.records, profile, options.place.tolerance, rows);
  if (is_measured) {
    fs::create_directories(options.results);
    OutputFile file = create_run_file(options.results, profile.name, label);
    file.append(with_lab_header(read_file(unfinished),
                                lab_header(link, options.place.is_netem, outcome, faithfulness)));
    print_data(file.path().string() + '\n');
  }
  StopSignals::die_if_received();
  if (!options.place.is_netem) {
    print_lines(fmt::format("tcpstep-lab: {}: {}", profile.name, faithfulness.text()));
  }
  return outcome.status != 0 || !faithfulness.is_faithful ? kExitFailed : kExitFine;
}

void keep_log(const VirtualMachine& machine, const fs::path& wanted) {
  const fs::path log = machine.output() / "packets.csv";
  if (!wanted.empty() && fs::exists(log)) {
    OutputFile(wanted).append(read_file(log));
  }
}

// One link, in a virtual machine. The names of link and run stay outside: their lengths would move
// everything inside by some nanoseconds.
int measure_in_machine(const MeasureOptions& options) {
  const LinkOptions& link = options.links.front();
  VirtualMachine machine(options.place.kernel);
  MeasureOptions inside = options;
  inside.results = VirtualMachine::kOutput;
  inside.log = options.log.empty() ? "" : fs::path(VirtualMachine::kOutput) / "packets.csv";
  Command command = arguments_of(inside, link);
  command.insert(command.begin(), "tcpstep-lab");
  command.push_back(machine.add_profile(link.profile));
  const int status = machine.run(command, link.profile_name());
  fs::create_directories(options.results);
  for (const auto& entry : fs::directory_iterator(machine.output())) {
    if (entry.path().extension() == ".csv" && entry.path().filename() != "packets.csv") {
      const std::string label = options.label.empty() ? "virtual" : options.label;
      const std::string name = link.load().name;
      OutputFile file = create_run_file(options.results, name, label);
      file.append(with_names(read_file(entry.path()), link, label));
      print_data(file.path().string() + '\n');
    }
  }
  keep_log(machine, options.log);
  return status;
}

int run_in_machine(const RunOptions& options) {
  VirtualMachine machine(options.place.kernel);
  Command command = arguments_of(options.link, options.place);
  command.insert(command.begin(), {"tcpstep-lab", "run"});
  if (!options.log.empty()) {
    command.insert(command.end(), {"--log", std::string(VirtualMachine::kOutput) + "/packets.csv"});
  }
  command.insert(command.end(), {machine.add_profile(options.link.profile), "--"});
  command.insert(command.end(), options.command.begin(), options.command.end());
  const int status = machine.run(command, options.link.profile_name());
  print_data(machine.printed());
  keep_log(machine, options.log);
  return status;
}

// Starts `tcpstep-lab measure` for one link; its standard output goes to `printed`.
Child start_measuring(const MeasureOptions& options, const LinkOptions& link,
                      const fs::path& printed) {
  Command command = arguments_of(options, link);
  command.insert(command.begin(), fs::read_symlink("/proc/self/exe"));
  if (options.place.is_virtual) {
    command.emplace_back("--virtual");
  }
  if (!options.place.kernel.empty()) {
    command.insert(command.end(), {"--kernel", options.place.kernel});
  }
  if (!options.label.empty()) {
    command.insert(command.end(), {"--label", options.label});
  }
  command.push_back(link.profile);
  return Child::start(command, [&] {
    const Fd file(check_syscall(::open(printed.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600),
                                "create {}", printed.string()));
    check_syscall(::dup2(file.get(), STDOUT_FILENO), "dup2");
  });
}

}  // namespace

int measure_each(const MeasureOptions& options, const OnResult& on_result) {
  const StopSignals signals;
  const TemporaryFolder folder;
  const auto printed = [&](std::size_t index) { return folder.path() / std::to_string(index); };
  // Time in a virtual machine does not depend on what else runs.
  const std::size_t most = options.place.is_virtual ? std::thread::hardware_concurrency() : 1;
  std::deque<Child> running;
  std::size_t started = 0;
  int status = kExitFine;
  for (std::size_t done = 0; done < options.links.size(); ++done) {
    while (started < options.links.size() && (running.empty() || running.size() < most)) {
      running.push_back(start_measuring(options, options.links[started], printed(started)));
      ++started;
    }
    status = std::max(status, running.front().wait());
    running.pop_front();
    StopSignals::die_if_received();
    if (const std::string text = read_file(printed(done)); !text.empty()) {
      on_result(options.links[done], text.substr(0, text.find('\n')));
    }
  }
  return status;
}

int measure(const MeasureOptions& options) {
  if (options.links.size() > 1) {
    return measure_each(options, [](const LinkOptions&, const fs::path& file) {
      print_data(file.string() + '\n');
    });
  }
  return options.place.is_virtual ? measure_in_machine(options) : measure_here(options);
}

int run_command(const RunOptions& options) {
  if (options.place.is_virtual) {
    return run_in_machine(options);
  }
  const StopSignals signals;
  const Profile profile = options.link.load();
  const HostsRunOutcome outcome = run_on_two_hosts({.profile = profile,
                                                    .seed = options.link.seed,
                                                    .is_netem = options.place.is_netem,
                                                    .log = options.log,
                                                    .near = options.command,
                                                    .far = {},
                                                    .on_ack = {}});
  StopSignals::die_if_received();
  if (options.place.is_netem || outcome.error.packets() == 0) {
    return outcome.status;
  }
  const Faithfulness faithfulness = judge(outcome.error, {}, profile, options.place.tolerance);
  print_lines(fmt::format("tcpstep-lab: {}: {}", profile.name, faithfulness.text()));
  return outcome.status == 0 && !faithfulness.is_faithful ? kExitFailed : outcome.status;
}

}  // namespace tcpstep
