#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/random.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>

#include "analysis/ab_plan.h"
#include "analysis/commands.h"
#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/process.h"
#include "lib/base/text.h"
#include "lib/cli/program.h"
#include "lib/cli/progress_bar.h"
#include "lib/cli/stop_signals.h"
#include "lib/runfile/run_reader.h"

namespace tcpstep {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* kManifest = "ab.json";
constexpr const char* kFormat = "tcpstep-ab/1";

std::string now_utc() {
  const auto now = std::chrono::system_clock::now();
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}Z",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(now)));
}

// `command` with {output}, {folder} and {seed} filled in.
std::string filled_in(std::string command, const fs::path& folder, std::uint64_t seed) {
  const std::pair<std::string_view, std::string> values[] = {
      {"{output}", (folder / "run.csv").string()},
      {"{folder}", folder.string()},
      {"{seed}", std::to_string(seed)}};
  for (const auto& [name, value] : values) {
    for (std::size_t at = 0; (at = command.find(name, at)) != std::string::npos;
         at += value.size()) {
      command.replace(at, name.size(), value);
    }
  }
  return command;
}

// `text`, a result file, with the place of the launch in its header: before the line of columns.
std::string with_place(const std::string& text, const std::string& id, const AbLaunch& launch) {
  std::istringstream lines(text);
  std::string result;
  bool is_header = true;
  for (std::string line; std::getline(lines, line);) {
    if (is_header && line.starts_with("# ab_")) {
      continue;
    }
    if (is_header && !line.starts_with('#')) {
      is_header = false;
      result += fmt::format("# ab_id: {}\n# ab_block: {}\n# ab_position: {}\n# ab_order: {}\n", id,
                            launch.block, launch.position, kAbOrder);
    }
    result += line + '\n';
  }
  return result;
}

std::uint64_t random_number() {
  std::uint64_t number = 0;
  if (::getrandom(&number, sizeof number, 0) != static_cast<ssize_t>(sizeof number)) {
    throw_system_error(errno, "getrandom");
  }
  return number;
}

std::string last_line(const fs::path& log) {
  std::string text = read_file(log);
  while (text.ends_with('\n')) {
    text.pop_back();
  }
  return printable(text.substr(text.rfind('\n') + 1), 200);
}

// What was launched, when, in which order and with which seed: rewritten after every launch.
class Manifest {
 public:
  Manifest(const AbOptions& options, const fs::path& folder) : path_(folder / kManifest) {
    if (fs::exists(path_)) {
      if (!options.is_resumed) {
        throw UsageError(fmt::format("{} already has runs", folder.string()),
                         "Continue with --resume, or choose another folder.");
      }
      read(options);
      return;
    }
    if (options.is_resumed) {
      throw UsageError(fmt::format("{} has no {} to resume", folder.string(), kManifest));
    }
    json_ = {{"format", kFormat},
             {"id", fmt::format("{:016x}", random_number())},
             {"seed", options.seed ? *options.seed : random_number()},
             {"runs", options.runs},
             {"a", options.a},
             {"b", options.b},
             {"launches", Json::array()}};
    write();
  }

  // Distinguishes the blocks of this invocation from those of others.
  [[nodiscard]] std::string id() const { return json_.value("id", fmt::format("{:016x}", seed())); }

  [[nodiscard]] std::uint64_t seed() const { return json_["seed"].get<std::uint64_t>(); }

  void add(const AbLaunch& launch, const std::string& launched) {
    json_["launches"].push_back({{"file", launch.file},
                                 {"side", std::string(1, launch.side)},
                                 {"block", launch.block},
                                 {"seed", launch.seed},
                                 {"launched_utc", launched}});
    write();
  }

 private:
  void read(const AbOptions& options) {
    json_ = Json::parse(read_file(path_), nullptr, false);
    const bool is_ours = json_.is_object() && json_.value("format", "") == kFormat &&
                         json_.contains("seed") && json_["seed"].is_number_unsigned() &&
                         json_.contains("launches") && json_["launches"].is_array();
    if (!is_ours) {
      throw WorldError(fmt::format("{} is not a {} file", path_.string(), kFormat),
                       "Start again in another folder.");
    }
    const Json asked{{"runs", options.runs}, {"a", options.a}, {"b", options.b}};
    for (const auto& [key, value] : asked.items()) {
      if (!json_.contains(key) || json_[key] != value) {
        throw UsageError(fmt::format("{} was started with another --{}", path_.string(), key),
                         "Resume with the same commands and runs, or choose another folder.");
      }
    }
  }

  void write() const {
    replace_file(path_, json_.dump(2, ' ', false, Json::error_handler_t::replace) + '\n');
  }

  fs::path path_;
  Json json_;
};

// The one result file in `folder`. Throws WorldError if there is none, several, or half of one.
fs::path result_in(const fs::path& folder, const std::string& what) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".csv") {
      found.push_back(entry.path());
    }
  }
  if (found.size() != 1) {
    throw WorldError(
        fmt::format("{} left {} in its folder; expected one", what,
                    count_of(found.size(), "result file")),
        "The command must write one run to {output} or into {folder}: see docs/statistics.md.");
  }
  RunReader reader(found.front());
  while (reader.next()) {
  }
  if (!reader.trailer() || reader.trailer()->status != kComplete) {
    throw WorldError(fmt::format("{} left a partial run", what));
  }
  return found.front();
}

class Driver {
 public:
  explicit Driver(const AbOptions& options)
      : options_(options), folder_(prepared(options.out)), manifest_(options, folder_) {}

  int run() {
    const CompareOptions made = make_runs();
    if (!options_.is_quiet) {
      print_message(fmt::format("tcpstep-analyze: the runs are in {}", folder_.string()));
    }
    return compare_files(made);
  }

 private:
  // Runs of each side before the first look at the verdict: 8 have too few labellings.
  static constexpr std::size_t kFirstLook = 10;

  CompareOptions make_runs() {
    const StopSignals signals;
    const std::vector<AbLaunch> plan = plan_ab(options_.runs, manifest_.seed());
    ProgressBar progress("launch", plan.size(), !options_.is_quiet);
    CompareOptions made;
    if (options_.is_ended_early) {
      made.settings.alpha = alpha_of_look();
    }
    for (std::size_t i = 0; i < plan.size(); ++i) {
      progress.show(i, plan[i].file);
      if (!fs::exists(folder_ / plan[i].file)) {
        launch(plan[i]);
      }
      (plan[i].side == 'a' ? made.baseline : made.candidate).push_back(folder_ / plan[i].file);
      const bool is_end_of_block = i + 1 == plan.size() || plan[i + 1].block != plan[i].block;
      if (options_.is_ended_early && is_end_of_block && made.baseline.size() >= kFirstLook &&
          exit_status_of(compare_runs(made).verdict) != kExitInconclusive) {
        break;
      }
    }
    return made;
  }

  // Each look may raise its share of the false alarms: together they stay below alpha (Bonferroni).
  [[nodiscard]] double alpha_of_look() const {
    const std::size_t looks =
        options_.runs <= kFirstLook ? 1 : (options_.runs - kFirstLook + 1) / 2 + 1;
    return CompareSettings().alpha / static_cast<double>(looks);
  }

  static fs::path prepared(const fs::path& folder) {
    fs::create_directories(folder);
    return fs::absolute(folder).lexically_normal();
  }

  void launch(const AbLaunch& launch) {
    const fs::path work = folder_ / (launch.file + ".unfinished");
    fs::remove_all(work);
    fs::create_directory(work);
    const fs::path log = folder_ / fs::path(launch.file).replace_extension(".log");
    const std::string command =
        filled_in(launch.side == 'a' ? options_.a : options_.b, work, launch.seed);
    const std::string launched = now_utc();
    const int status = Child::start({"/bin/sh", "-c", command}, [&] {
                         redirect_to(log);
                         ::setenv("TCPSTEP_RESULTS", work.c_str(), 1);
                         ::setenv("TCPSTEP_SEED", std::to_string(launch.seed).c_str(), 1);
                         ::setenv("TCPSTEP_ORDER", "shuffled", 0);
                       }).wait();
    if (const int signal = StopSignals::received(); signal != 0) {
      fs::remove_all(work);
      StopSignals::die_of(signal);
    }
    const std::string what = fmt::format("launch {} ({})", launch.file, printable(command, 100));
    if (status != 0) {
      throw WorldError(
          fmt::format("{} ended with exit status {}: {}", what, status, last_line(log)),
          fmt::format("Its output is in {}. Fix it, then continue with --resume.", log.string()));
    }
    const fs::path result = result_in(work, what);
    replace_file(result, with_place(read_file(result), manifest_.id(), launch));
    replace_with(folder_ / launch.file, result);
    fs::remove_all(work);
    manifest_.add(launch, launched);
  }

  static void redirect_to(const fs::path& log) {
    const int file =
        check_syscall(::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644),
                      "open {}", log.string());
    ::dup2(file, STDOUT_FILENO);
    ::dup2(file, STDERR_FILENO);
  }

  const AbOptions& options_;
  fs::path folder_;
  Manifest manifest_;
};

}  // namespace

int run_ab(const AbOptions& options) {
  return Driver(options).run();
}

}  // namespace tcpstep
