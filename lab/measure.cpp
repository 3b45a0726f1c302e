#include "lab/measure.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "lab/disturbance.h"
#include "lab/two_hosts.h"
#include "lab/virtual_machine.h"
#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/parse.h"
#include "lib/base/process.h"
#include "lib/base/text.h"
#include "lib/cli/program.h"
#include "lib/cli/progress_bar.h"
#include "lib/cli/stop_signals.h"
#include "lib/link/prediction.h"
#include "lib/runfile/run_reader.h"
#include "lib/runfile/run_writer.h"

namespace tcpstep {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kRoundsOfBase = 100;
constexpr std::uint64_t kWarmupRounds = 1;  // tcpstep-server's default
constexpr std::size_t kMostSizesNamed = 10;

// The words of the same request for one more process, here or in the virtual machine.
Command words_of(const LinkOptions& link, const PlaceOptions& place) {
  Command words{"--scale",     link.scale.text(),
                "--seed",      std::to_string(link.seed),
                "--tolerance", fmt::format("{:.0f}%", place.tolerance * 100)};
  if (link.is_swapped) {
    words.emplace_back("--swap");
  }
  if (place.is_netem) {
    words.emplace_back("--netem");
  }
  return words;
}

Command words_of(const MeasureOptions& options, const LinkOptions& link) {
  Command words = words_of(link, options.place);
  words.insert(words.begin(), "measure");
  words.insert(words.end(), {"--sizes", options.sizes, "--rounds", std::to_string(options.rounds),
                             "--results", options.results});
  if (!options.label.empty()) {
    words.insert(words.end(), {"--label", options.label});
  }
  if (!options.log.empty()) {
    words.insert(words.end(), {"--log", options.log});
  }
  return words;
}

bool is_time_virtual() {
  return std::getenv("TCPSTEP_LAB_VIRTUAL") != nullptr;
}

const char* time_kind() {
  return is_time_virtual() ? "virtual" : "real";
}

// "none", "1401 5101", or the first of many.
std::string sizes_text(const std::set<PayloadSize>& sizes) {
  std::string text;
  std::size_t count = 0;
  for (const PayloadSize size : sizes) {
    if (++count > kMostSizesNamed) {
      return text + fmt::format(" and {} more", sizes.size() - kMostSizesNamed);
    }
    text += fmt::format("{}{}", text.empty() ? "" : " ", size.bytes());
  }
  return text.empty() ? "none" : text;
}

std::vector<Row> read_rows(const fs::path& path) {
  std::vector<Row> rows;
  RunReader reader(path);
  while (const auto row = reader.next()) {
    rows.push_back(*row);
  }
  return rows;
}

// The lab's facts, below the server's own.
std::string facts(const MeasureOptions& options, const HostsRunOutcome& outcome,
                  const Faithfulness& faithfulness) {
  const LinkOptions& link = options.links.front();
  std::string text = fmt::format(
      "# lab_profile: {}\n# lab_time: {}\n# lab_emulation: {}\n# lab_scale: {}\n# lab_seed: {}\n"
      "# lab_swapped: {}\n",
      header_safe(fs::path(link.profile).filename().string()), time_kind(),
      options.place.is_netem ? "netem" : "tcpstep", link.scale.text(), link.seed,
      link.is_swapped ? "yes" : "no");
  if (!options.place.is_netem) {
    text += fmt::format(
        "# lab_error_p50_ns: {}\n# lab_error_p99_ns: {}\n# lab_packets: {}\n# lab_lost_packets: "
        "{}\n# lab_base_ns: {}\n# lab_doubtful_sizes: {}\n# lab_faithful: {}\n",
        faithfulness.p50.count(), faithfulness.p99.count(), outcome.error.packets(), outcome.lost,
        faithfulness.base.count(), sizes_text(faithfulness.doubtful),
        faithfulness.is_faithful ? "yes" : "no");
  }
  return text;
}

// `text` of a result file with further facts at the end of its header.
std::string with_facts(const std::string& text, const std::string& facts) {
  std::size_t end = 0;
  while (end < text.size() && text[end] == '#') {
    end = std::min(text.find('\n', end), text.size() - 1) + 1;
  }
  return text.substr(0, end) + facts + text.substr(end);
}

Command server_words(const MeasureOptions& options, const Profile& profile,
                     const std::string& label, const fs::path& output) {
  return {sibling_program("tcpstep-server", "server"),
          "--quiet",
          "--ipv4",
          "--bind",
          kNearAddress,
          "--output",
          output,
          "--link",
          profile.name,
          "--label",
          label,
          "--sizes",
          options.sizes,
          "--rounds",
          std::to_string(options.rounds),
          "--seed",
          std::to_string(options.links.front().seed),
          "--timeout",
          "60s"};
}

int measure_here(const MeasureOptions& options) {
  const StopSignals signals;
  const TemporaryFolder folder;
  const fs::path unfinished = folder.path() / "run.csv";
  const LinkOptions& link = options.links.front();
  const Profile profile = link.load();
  const std::string label = options.label.empty() ? time_kind() : options.label;
  std::uint64_t answers = 0;
  const SizeList sizes = parse_sizes(options.sizes);
  const std::size_t pings = sizes.has_boundaries ? 0 : sizes.fixed.size();  // a round; 0: unknown
  std::optional<ProgressBar> progress(std::in_place, "ping",
                                      (options.rounds + kWarmupRounds) * pings, !is_time_virtual());
  const HostsRunOutcome outcome =
      run_on_two_hosts({.profile = profile,
                        .seed = link.seed,
                        .is_netem = options.place.is_netem,
                        .log = options.log,
                        .near = server_words(options, profile, label, unfinished),
                        .far = {sibling_program("tcpstep-client", "client"), "--quiet", "--ipv4",
                                "--retry", "20", "--timeout", "2min", kNearAddress},
                        .is_answered = [&] { progress->show(answers++, profile.name); }});
  progress.reset();
  const std::string text = read_file(unfinished);
  const auto rows =
      text.empty() || options.place.is_netem ? std::vector<Row>() : read_rows(unfinished);
  const Faithfulness faithfulness = judge(outcome, profile, options.place.tolerance, rows);
  if (!text.empty()) {
    fs::create_directories(options.results);
    OutputFile file = create_run_file(options.results, profile.name, label);
    file.append(with_facts(text, facts(options, outcome, faithfulness)));
    print_data(file.path().string() + '\n');
  }
  if (const int signal = StopSignals::received(); signal != 0) {
    StopSignals::die_of(signal);
  }
  if (!options.place.is_netem) {
    print_message(fmt::format("tcpstep-lab: {}: {}", profile.name, faithfulness.text()));
  }
  return outcome.status != 0 || !faithfulness.is_faithful ? kExitFailed : kExitFine;
}

// One process for each link: it becomes the first of that link's hosts.
int measure_one_by_one(const MeasureOptions& options) {
  const StopSignals signals;
  int status = kExitFine;
  for (const LinkOptions& link : options.links) {
    Command words = words_of(options, link);
    words.insert(words.begin(), fs::read_symlink("/proc/self/exe"));
    words.push_back(link.profile);
    status = std::max(status, Child::start(words).wait());
    if (const int signal = StopSignals::received(); signal != 0) {
      StopSignals::die_of(signal);
    }
  }
  return status;
}

// What the machine has left becomes files of this host, named by its clock.
void keep_results(const fs::path& left, const MeasureOptions& options) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(left)) {
    if (entry.path().extension() == ".csv" && entry.path().filename() != "packets.csv") {
      files.push_back(entry.path());
    }
  }
  std::ranges::sort(files);
  fs::create_directories(options.results);
  for (const fs::path& path : files) {
    const RunReader reader(path);
    const auto label = reader.header().find("label");
    OutputFile file = create_run_file(options.results, reader.header().link(), label.value_or(""));
    file.append(read_file(path));
    print_data(file.path().string() + '\n');
  }
}

void keep_log(const fs::path& left, const fs::path& wanted) {
  if (!wanted.empty() && fs::exists(left / "packets.csv")) {
    OutputFile(wanted).append(read_file(left / "packets.csv"));
  }
}

int measure_virtually(const MeasureOptions& options) {
  VirtualMachine machine(options.place.kernel);
  MeasureOptions inside = options;
  inside.results = VirtualMachine::kOutput;
  inside.log = options.log.empty() ? "" : fs::path(VirtualMachine::kOutput) / "packets.csv";
  Command words = words_of(inside, options.links.front());
  words.insert(words.begin(), "tcpstep-lab");
  for (const LinkOptions& link : options.links) {
    words.push_back(machine.add_profile(link.profile));
  }
  const int status = machine.run(words);
  keep_results(machine.output(), options);
  keep_log(machine.output(), options.log);
  return status;
}

int run_virtually(const RunOptions& options) {
  VirtualMachine machine(options.place.kernel);
  Command words = words_of(options.link, options.place);
  words.insert(words.begin(), {"tcpstep-lab", "run"});
  if (!options.log.empty()) {
    words.insert(words.end(), {"--log", std::string(VirtualMachine::kOutput) + "/packets.csv"});
  }
  words.insert(words.end(), {machine.add_profile(options.link.profile), "--"});
  words.insert(words.end(), options.command.begin(), options.command.end());
  const int status = machine.run(words);
  print_data(machine.printed());
  keep_log(machine.output(), options.log);
  return status;
}

bool has_grid(const Profile& profile) {
  return std::ranges::any_of(profile.directions, [](const DirectionProfile& direction) {
    return direction.grid.slot > Duration::zero();
  });
}

// Where packets queue up behind a late or a lost one, the least RTTs save TCP ACKs on their own.
bool has_even_flow(const Profile& profile) {
  return std::ranges::all_of(profile.directions, [](const DirectionProfile& direction) {
    return direction.delay.tail == Duration::zero() && direction.loss_ppm == 0;
  });
}

}  // namespace

std::string Faithfulness::text() const {
  const std::string sizes =
      fmt::format(". The machine was too busy for the least RTT of {} bytes", sizes_text(doubtful));
  return fmt::format("emulator late by {} (p50), {} (p99): {:.1f} % of the {} of one byte{}{}",
                     format_duration(p50), format_duration(p99),
                     100 * static_cast<double>(p99.count()) / static_cast<double>(base.count()),
                     format_duration(base), doubtful.empty() ? "" : sizes,
                     is_faithful ? ""
                                 : ": the run is not faithful.\n  Measure more rounds, slow the "
                                   "link down with --scale 10, use --virtual, or allow it with "
                                   "--tolerance.");
}

Faithfulness judge(const HostsRunOutcome& outcome, const Profile& profile, double tolerance,
                   std::span<const Row> rows) {
  const auto rtts =
      predict(profile, {.sizes = {PayloadSize(1)}, .rounds = kRoundsOfBase}).begin()->second;
  Faithfulness result{.base = *std::ranges::min_element(rtts),
                      .p50 = outcome.error.quantile(0.5),
                      .p99 = outcome.error.quantile(0.99)};
  const auto limit =
      Duration(static_cast<Duration::rep>(tolerance * static_cast<double>(result.base.count())));
  if (!is_time_virtual()) {  // there nothing comes in between
    result.doubtful = doubtful_sizes(rows, packet_pings(outcome.records),
                                     {.limit = limit / 2,
                                      .hosts = profile.host,
                                      .is_pause_short = has_grid(profile),
                                      .is_ack_usual = has_even_flow(profile)});
  }
  result.is_faithful = result.p99 <= limit && result.doubtful.empty();
  return result;
}

int measure(const MeasureOptions& options) {
  if (options.place.is_virtual) {
    return measure_virtually(options);
  }
  return options.links.size() == 1 ? measure_here(options) : measure_one_by_one(options);
}

int run_command(const RunOptions& options) {
  if (options.place.is_virtual) {
    return run_virtually(options);
  }
  const StopSignals signals;
  const Profile profile = options.link.load();
  const HostsRunOutcome outcome = run_on_two_hosts({.profile = profile,
                                                    .seed = options.link.seed,
                                                    .is_netem = options.place.is_netem,
                                                    .log = options.log,
                                                    .near = options.command,
                                                    .far = {}});
  if (const int signal = StopSignals::received(); signal != 0) {
    StopSignals::die_of(signal);
  }
  if (options.place.is_netem || outcome.error.packets() == 0) {
    return outcome.status;
  }
  const Faithfulness faithfulness = judge(outcome, profile, options.place.tolerance);
  print_message(fmt::format("tcpstep-lab: {}: {}", profile.name, faithfulness.text()));
  return outcome.status == 0 && !faithfulness.is_faithful ? kExitFailed : outcome.status;
}

}  // namespace tcpstep
