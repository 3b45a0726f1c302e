#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/ab_manifest.h"
#include "analysis/ab_plan.h"
#include "analysis/commands.h"
#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/process.h"
#include "lib/base/text.h"
#include "lib/cli/program.h"
#include "lib/cli/progress_bar.h"
#include "lib/cli/stop_signals.h"
#include "lib/compare/eligibility.h"
#include "lib/compare/render.h"
#include "lib/runfile/run.h"

namespace tcpstep {
namespace {

namespace fs = std::filesystem;

// Exit statuses of sh(1).
constexpr int kNotExecutable = 126;
constexpr int kNotFound = 127;

std::string now_utc() {
  const auto now = std::chrono::system_clock::now();
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}Z",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(now)));
}

// `text`, a result file, with `place` in its header: before the line of columns.
std::string with_place(const std::string& text, const std::string& place) {
  std::istringstream lines(text);
  std::string result;
  bool is_header = true;
  for (std::string line; std::getline(lines, line);) {
    if (is_header && line.starts_with("# ab_")) {
      continue;
    }
    if (is_header && !line.starts_with('#')) {
      is_header = false;
      result += place;
    }
    result += line + '\n';
  }
  return result;
}

// The one result file in `folder`. Throws WorldError if there is none, or several.
fs::path result_in(const fs::path& folder, const std::string& what) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".csv") {
      found.push_back(entry.path());
    }
  }
  if (found.size() != 1) {
    throw WorldError(fmt::format("{} left {} in its folder; expected one", what,
                                 count_of(found.size(), "result file")),
                     "The command must write one run to {output} or into {folder}: see "
                     "docs/gate_a_pull_request.md.");
  }
  return found.front();
}

// Too much was resent for its times to count, on a busy machine perhaps by accident: to be launched
// again. Never for a lost ping, and virtual time would repeat itself.
bool is_repeatable(const Run& run) {
  return is_lossy(run) && run.lost() == 0 && !run.is_virtual();
}

// The shell could not run the command, nor will it the next time.
class NoSuchCommand : public WorldError {
  using WorldError::WorldError;
};

class Driver {
 public:
  explicit Driver(const AbOptions& options)
      : options_(options),
        folder_(prepared(options.output)),
        manifest_(options, folder_),
        progress_("launch", launches_left(), !options.is_quiet) {}

  int run() {
    const CompareOptions made = make_runs();
    tell(fmt::format("the runs are in {}; to compare them again: tcpstep compare {}",
                     folder_.string(), options_.output.string()));
    return compare_files(made);
  }

 private:
  using Clock = std::chrono::steady_clock;

  CompareOptions make_runs() {
    CompareOptions made;
    made.settings = options_.settings;
    made.settings.looks = options_.looks();
    bool has_just_failed = false;
    for (std::uint32_t number = 1;; ++number) {
      StopSignals::die_if_received();
      const std::vector<AbLaunch> block = block_of(number);
      if (block.empty()) {
        break;
      }
      if (manifest_.is_left_out(number)) {
        continue;
      }
      if (is_missing_a_run(block) && is_out_of_time()) {
        tell("no time left for another block");
        break;
      }
      if (!make_block(block)) {
        leave_out(number, block);
        if (has_just_failed) {
          throw WorldError("launches of two blocks in a row failed",
                           fmt::format("Their output is in {}. Fix them, then continue with "
                                       "--resume.",
                                       folder_.string()));
        }
        has_just_failed = true;
        continue;
      }
      has_just_failed = false;
      for (const AbLaunch& launch : block) {
        (launch.side == 'a' ? made.baseline : made.candidate).push_back(folder_ / launch.file);
      }
      if (is_decided(made)) {
        break;
      }
    }
    return made;
  }

  // Empty after the last one. For a block that is left out there is another one at the end.
  [[nodiscard]] std::vector<AbLaunch> block_of(std::uint32_t number) const {
    std::vector<AbLaunch> block =
        plan_ab(options_.runs + 2 * manifest_.left_out(), manifest_.seed());
    std::erase_if(block, [&](const AbLaunch& launch) { return launch.block != number; });
    return block;
  }

  [[nodiscard]] bool is_missing(const AbLaunch& launch) const {
    return !fs::exists(folder_ / launch.file);
  }
  [[nodiscard]] bool is_missing_a_run(const std::vector<AbLaunch>& block) const {
    return std::any_of(block.begin(), block.end(),
                       [&](const AbLaunch& launch) { return is_missing(launch); });
  }
  [[nodiscard]] std::uint64_t launches_left() const {
    const std::vector<AbLaunch> plan =
        plan_ab(options_.runs + 2 * manifest_.left_out(), manifest_.seed());
    return static_cast<std::uint64_t>(
        std::count_if(plan.begin(), plan.end(), [&](const AbLaunch& launch) {
          return !manifest_.is_left_out(launch.block) && is_missing(launch);
        }));
  }

  // A block takes as long as those before it. The first one always has time.
  [[nodiscard]] bool is_out_of_time() const {
    const auto passed = Clock::now() - started_;
    return options_.budget && blocks_made_ > 0 && passed + passed / blocks_made_ > *options_.budget;
  }

  // Looks at the verdict, if it may end early.
  [[nodiscard]] bool is_decided(const CompareOptions& made) {
    const std::string so_far =
        fmt::format("{} + {} runs", made.baseline.size(), made.candidate.size());
    if (!options_.is_ended_early || made.baseline.size() < AbOptions::kFirstLook) {
      if (::isatty(STDERR_FILENO) == 0) {  // no progress bar is shown
        tell(fmt::format("{} of {}", so_far, options_.runs));
      }
      return false;
    }
    const Comparison comparison = compare_runs(made);
    tell(fmt::format("{}: {}", so_far, headline(comparison)));
    return exit_status_of(comparison.verdict) != kExitInconclusive;
  }

  // False if a launch failed twice.
  bool make_block(const std::vector<AbLaunch>& block) {
    const bool is_new = is_missing_a_run(block);
    for (const AbLaunch& next : block) {
      if (!is_missing(next)) {
        continue;
      }
      progress_.show(launched_, next.file);
      if (!launch_twice(next)) {
        return false;
      }
      ++launched_;
    }
    blocks_made_ += is_new ? 1 : 0;
    return true;
  }

  // One failure may be an accident. If nothing has worked yet, the command is probably wrong.
  bool launch_twice(const AbLaunch& next) {
    for (const std::string_view then : {"repeating it", "leaving out its block"}) {
      try {
        launch(next);
        return true;
      } catch (const NoSuchCommand&) {
        throw;
      } catch (const WorldError& error) {
        if (launched_ == 0) {
          throw;
        }
        say(fmt::format("{}; {}", error.what(), then));
      }
    }
    return false;
  }

  void leave_out(std::uint32_t number, const std::vector<AbLaunch>& block) {
    for (const AbLaunch& launch : block) {
      if (!is_missing(launch)) {
        fs::rename(folder_ / launch.file, folder_ / (launch.file + ".left-out"));
      }
    }
    manifest_.leave_out(number);
  }

  void say(const std::string& message) {
    progress_.erase();
    print_message("tcpstep-analyze: " + message);
  }
  void tell(const std::string& message) {
    if (!options_.is_quiet) {
      say(message);
    }
  }

  static fs::path prepared(const fs::path& folder) {
    fs::create_directories(folder);
    return fs::absolute(folder).lexically_normal();
  }

  // Until a run can count. That depends neither on the side nor on any RTT, so that under the null
  // hypothesis the sides still differ by nothing but their labels.
  void launch(const AbLaunch& launch) {
    const fs::path work = folder_ / (launch.file + ".unfinished");
    std::string launched = now_utc();
    fs::path result = measure(launch, work);
    while (is_set_aside(launch, result, launched)) {
      launched = now_utc();
      result = measure(launch, work);
    }
    replace_file(result, with_place(read_file(result), place_of(launch)));
    replace_with(folder_ / launch.file, result);
    fs::remove_all(work);
    manifest_.add(launch, launched);
  }

  // The lines of its header.
  [[nodiscard]] std::string place_of(const AbLaunch& launch) const {
    std::string place =
        fmt::format("# ab_id: {}\n# ab_block: {}\n# ab_position: {}\n# ab_order: {}\n",
                    manifest_.id(), launch.block, launch.position, kAbOrder);
    if (const fs::path first = folder_ / aside(launch, 1); fs::exists(first)) {
      const Run run = read_run(first, RttClock::Application);
      place += fmt::format("# {}: {}\n", FirstLaunch::kKey, first_launch_of(run).text());
    }
    return place;
  }

  // The file of a launch that was repeated.
  static std::string aside(const AbLaunch& launch, std::uint32_t number) {
    return fmt::format("{}.repeated-{}", launch.file, number);
  }
  [[nodiscard]] std::uint32_t times_repeated(const AbLaunch& launch) const {
    std::uint32_t times = 0;
    while (fs::exists(folder_ / aside(launch, times + 1))) {
      ++times;
    }
    return times;
  }
  // Some links do lose packets: at most a quarter more launches than planned.
  [[nodiscard]] bool may_repeat(const AbLaunch& launch) const {
    constexpr std::uint32_t kMostTimes = 2;
    std::uint32_t times = 0;
    for (const AbLaunch& other :
         plan_ab(options_.runs + 2 * manifest_.left_out(), manifest_.seed())) {
      times += times_repeated(other);
    }
    return times_repeated(launch) < kMostTimes && times < options_.runs / 2;
  }

  // True if it was: its launch is to be repeated then.
  bool is_set_aside(const AbLaunch& launch, const fs::path& result, const std::string& launched) {
    const Run run = read_run(result, RttClock::Application);
    if (!run.is_complete()) {
      throw WorldError(fmt::format("launch {} left a partial run", launch.file));
    }
    if (!is_repeatable(run) || !may_repeat(launch)) {
      return false;
    }
    tell(fmt::format("{}: {}; repeating it", launch.file, losses_of(run)));
    AbLaunch repeated = launch;
    repeated.file = aside(launch, times_repeated(launch) + 1);
    replace_with(folder_ / repeated.file, result);
    manifest_.add(repeated, launched);
    return true;
  }

  // Returns the result file, in `work`.
  fs::path measure(const AbLaunch& launch, const fs::path& work) {
    fs::remove_all(work);
    fs::create_directory(work);
    const fs::path log = folder_ / fs::path(launch.file).replace_extension(".log");
    const std::string command = filled_in(launch.side == 'a' ? options_.a : options_.b,
                                          {{"{output}", (work / "run.csv").string()},
                                           {"{folder}", work.string()},
                                           {"{seed}", std::to_string(launch.seed)}});
    const auto prepare = [&] {
      redirect_to(log);
      ::setenv("TCPSTEP_RESULTS", work.c_str(), 1);
      ::setenv("TCPSTEP_SEED", std::to_string(launch.seed).c_str(), 1);
      ::setenv("TCPSTEP_ORDER", "shuffled", 0);
    };
    const Child child = options_.is_through ? Child::fork([&] {
      ::setpgid(0, 0);  // a stop of the whole group reaches it once, passed on by this process
      prepare();
      return measure_through(command);
    })
                                            : Child::start({"/bin/sh", "-c", command}, prepare);
    const int status = child.wait(options_.is_through ? Interrupts::PassOn : Interrupts::Keep);
    if (const int signal = StopSignals::received(); signal != 0) {
      fs::remove_all(work);
      progress_.erase();
      tell(fmt::format("interrupted; the runs so far are in {}: continue with --resume",
                       folder_.string()));
      StopSignals::die_of(signal);
    }
    const std::string what = fmt::format("launch {} ({})", launch.file, printable(command, 100));
    if (status != 0) {
      const std::string message = fmt::format("{} ended with exit status {}: {}", what, status,
                                              printable(last_line(read_file(log)), 200));
      const std::string hint =
          fmt::format("Its output is in {}. Fix it, then continue with --resume.", log.string());
      if (status == kNotExecutable || status == kNotFound) {
        throw NoSuchCommand(message, hint);
      }
      throw WorldError(message, hint);
    }
    return result_in(work, what);
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
  AbManifest manifest_;
  const StopSignals signals_;
  ProgressBar progress_;
  Clock::time_point started_ = Clock::now();
  std::uint64_t launched_ = 0;  // runs made by this process
  int blocks_made_ = 0;
};

}  // namespace

int run_ab(const AbOptions& options) {
  return Driver(options).run();
}

}  // namespace tcpstep
