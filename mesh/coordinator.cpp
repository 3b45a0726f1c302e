#include "mesh/coordinator.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/cli/program.h"
#include "lib/cli/progress_bar.h"
#include "lib/cli/stop_signals.h"
#include "lib/protocol/authentication.h"
#include "lib/sweep/path_speed.h"
#include "mesh/jobs.h"
#include "mesh/plan.h"
#include "mesh/stored_result.h"

namespace tcpstep {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
using WallClock = std::chrono::system_clock;

constexpr Duration kProbeWithin = std::chrono::seconds(20);
constexpr std::size_t kProbesAtOnce = 64;
constexpr std::string_view kProbed = "ok ";  // and how long it took, in seconds
constexpr int kPatience = 2;                 // failed starts on a host in a row, and it is left out
constexpr std::size_t kMostNamed = 10;
constexpr double kGuessedStart = 0.2;  // s of a measurement, besides what a probe takes

Fd lock_folder(const fs::path& folder) {
  const fs::path path = folder / ".lock";
  Fd file(check_syscall(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644), "open {}",
                        path.string()));
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    throw WorldError(fmt::format("another tcpstep-mesh is running in {}", folder.string()),
                     "Wait for it to end, or choose another folder with --results.");
  }
  return file;
}

std::uint64_t new_seed() {
  return std::stoull(random_hex(8), nullptr, 16);
}

// One pair, measured in one direction: numbers of hosts.
struct Directed {
  std::size_t from;
  std::size_t to;

  auto operator<=>(const Directed&) const = default;
};

std::array<Directed, 2> both_ways(const Pairing& pair) {
  return {Directed{pair.first, pair.second}, Directed{pair.second, pair.first}};
}

class Coordinator {
 public:
  explicit Coordinator(const MeshOptions& options)
      : options_(options),
        hosts_(read_hosts(options.hosts)),
        lock_(prepare_folder(options.results)),
        plan_(plan()),
        folder_(options.results / plan_.day()),
        rounds_(tournament(hosts_.size(), plan_.seed)),
        index_(prepared(folder_)) {}

  int run() {
    bool is_stopped = false;
    {
      const StopSignals signals;
      take_over_results();
      if (left() == 0) {
        tell(fmt::format("the mesh of {} is complete", plan_.tournament));
        return kExitFine;
      }
      const TemporaryFolder drafts(options_.results);
      drafts_ = drafts.path();
      is_stopped = !probe_hosts() || !measure_rounds();
    }
    if (is_stopped) {
      StopSignals::die_of(StopSignals::received());
    }
    return summarize();
  }

 private:
  static Fd prepare_folder(const fs::path& results) {
    fs::create_directories(results);
    return lock_folder(results);
  }
  static const fs::path& prepared(const fs::path& folder) {
    fs::create_directories(folder);
    return folder;
  }

  // Of this tournament: a new one, or the one to resume.
  MeshPlan plan() {
    MeshPlan plan{.tournament = utc_stamp(WallClock::now()),
                  .seed = options_.seed ? *options_.seed : new_seed(),
                  .hosts = hosts_,
                  .sweep = options_.measurement.sweep,
                  .direction = to_text(options_.measurement.direction)};
    const auto last = read_plan(options_.results);
    if (last && last->is_like(plan)) {
      times_ =
          times_of(MeshIndex(prepared(options_.results / last->day())).rows_of(last->tournament));
    }
    if (!options_.is_resumed) {
      if (last && last->tournament == plan.tournament) {
        throw WorldError("the last mesh began less than a second ago", "Try again.");
      }
      write_plan(options_.results, plan);
      return plan;
    }
    if (!last) {
      throw UsageError(fmt::format("{} has no mesh to resume", options_.results.string()));
    }
    if (!last->is_like(plan)) {
      throw UsageError(fmt::format("the mesh in {} was started with other hosts or options",
                                   options_.results.string()),
                       "Resume with the same ones, or start a new mesh without --resume.");
    }
    return *last;
  }

  // What is there already is not measured again.
  void take_over_results() {
    std::set<std::string> known;
    for (const IndexRow& row : index_.rows_of(plan_.tournament)) {
      known.insert(row.file);
    }
    for (std::size_t number = 0; number < rounds_.size(); ++number) {
      for (const Pairing& pair : rounds_[number]) {
        for (const Directed& way : both_ways(pair)) {
          const std::string file = plan_.file_of(hosts_[way.from], hosts_[way.to]);
          if (!fs::exists(folder_ / file)) {
            continue;
          }
          if (!known.contains(file)) {  // killed between the two
            add_row(number, way, {.started_utc = started_utc_of(folder_ / file), .file = file});
          }
          done_.insert(way);
        }
      }
    }
  }

  [[nodiscard]] std::size_t total() const { return hosts_.size() * (hosts_.size() - 1); }
  [[nodiscard]] std::size_t left() const { return total() - done_.size(); }

  // Hosts on which nothing can be started are left out from the beginning. False if interrupted.
  bool probe_hosts() {
    std::vector<Job> jobs;
    for (const MeshHost& host : hosts_) {
      jobs.emplace_back([&] {
        const auto begin = std::chrono::steady_clock::now();
        const auto failure = probe(options_.launcher, host, kProbeWithin);
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
        return failure ? failure->reason : fmt::format("{}{:.6f}", kProbed, took.count());
      });
    }
    std::vector<double> times;
    const bool is_whole =
        run_jobs(jobs, kProbesAtOnce, [&](std::size_t host, const std::string& answer) {
          if (answer.starts_with(kProbed)) {
            times.push_back(std::stod(answer.substr(kProbed.size())));
          } else {
            leave_out(hosts_[host].name, answer);
          }
        });
    std::ranges::sort(times);
    announce(times.empty() ? 0 : times[times.size() / 2]);
    return is_whole;
  }

  // The forecast. A probe starts both programs, as a measurement does.
  void announce(double probed) const {
    const SweepSpec& sweep = options_.sweep;
    const auto sizes = sweep.sizes.resolve(Mss(1448));
    double bytes = 0;
    for (const PayloadSize size : sizes.value_or(std::vector<PayloadSize>{})) {
      bytes += size.bytes();
    }
    bytes *= static_cast<double>(sweep.all_rounds() * left());
    const auto guess =
        expected_duration(sweep, {.shortest_rtt = std::chrono::milliseconds(1), .mss = Mss(1448)});
    const double otherwise =
        kGuessedStart + probed + std::chrono::duration<double>(guess.value_or(Duration(0))).count();
    std::vector<MeshRound> open = rounds_;
    for (MeshRound& round : open) {
      std::erase_if(round, [&](const Pairing& pair) {
        return out_.contains(hosts_[pair.first].name) || out_.contains(hosts_[pair.second].name) ||
               (done_.contains({pair.first, pair.second}) &&
                done_.contains({pair.second, pair.first}));
      });
    }
    const Duration time = forecast(open, hosts_, options_.pairs, times_, otherwise);
    tell(fmt::format(
        "{}, {} in {}: about {}{}, {:.3g} MB of payload", count_of(hosts_.size(), "host"),
        count_of(left(), "measurement"), count_of(rounds_.size(), "round"), rough_duration(time),
        times_.empty() && !sweep.time ? " (if a round trip takes 1 ms)" : "", bytes / 1e6));
  }

  // False if interrupted.
  bool measure_rounds() {
    ProgressBar progress("measurement", total(), !options_.is_quiet);
    for (std::size_t number = 0; number < rounds_.size(); ++number) {
      const auto show = [&] {
        progress.show(done_.size() + failed_,
                      fmt::format("round {} of {}", number + 1, rounds_.size()));
      };
      show();
      std::vector<Job> jobs;
      std::vector<std::vector<Directed>> ways_of_job;
      for (const Pairing& pair : rounds_[number]) {
        std::vector<Directed> ways = open_ways(number, pair);
        if (!ways.empty()) {
          jobs.push_back(job_for(ways));
          ways_of_job.push_back(std::move(ways));
        }
      }
      const bool is_whole =
          run_jobs(jobs, options_.pairs, [&](std::size_t job, const std::string& answer) {
            take_answer(number, ways_of_job[job], answer, progress);
            show();
          });
      if (!is_whole) {
        return false;
      }
    }
    return true;
  }

  // What has to be measured of a pair. What cannot be is noted.
  std::vector<Directed> open_ways(std::size_t round, const Pairing& pair) {
    std::vector<Directed> ways;
    for (const Directed& way : both_ways(pair)) {
      if (done_.contains(way)) {
        continue;
      }
      const auto out = std::ranges::find_if(out_, [&](const auto& one) {
        return one.first == hosts_[way.from].name || one.first == hosts_[way.to].name;
      });
      if (out == out_.end()) {
        ways.push_back(way);
      } else {
        note_failure(round, way,
                     {.started_utc = utc_text(WallClock::now()), .failure = out->second});
      }
    }
    return ways;
  }

  // Both directions, one after the other.
  [[nodiscard]] Job job_for(const std::vector<Directed>& ways) const {
    return [this, ways] {
      Json answers = Json::array();
      for (const Directed& way : ways) {
        const MeshHost& from = hosts_[way.from];
        const MeshHost& to = hosts_[way.to];
        const std::string started = utc_text(WallClock::now());
        const auto begin = std::chrono::steady_clock::now();
        const auto failure = measure(options_.launcher, from, to, options_.measurement,
                                     drafts_ / plan_.file_of(from, to));
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
        answers.push_back({{"started", started},
                           {"seconds", took.count()},
                           {"reason", failure ? failure->reason : ""},
                           {"unreachable", failure ? failure->unreachable.value_or("") : ""}});
      }
      return answers.dump(-1, ' ', false, Json::error_handler_t::replace);
    };
  }

  void take_answer(std::size_t round, const std::vector<Directed>& ways, const std::string& answer,
                   ProgressBar& progress) {
    const Json answers = Json::parse(answer, nullptr, false);
    for (std::size_t i = 0; i < ways.size(); ++i) {
      const Directed& way = ways[i];
      if (!answers.is_array() || answers.size() != ways.size()) {
        note_failure(round, way, {.failure = "the process of this pair died"});
        continue;
      }
      const Json& one = answers[i];
      IndexRow row{.started_utc = one["started"], .seconds = one["seconds"]};
      const std::string unreachable = one["unreachable"];
      row.failure = one["reason"];
      if (!unreachable.empty() && ++failed_starts_[unreachable] >= kPatience) {
        progress.erase();
        leave_out(unreachable, row.failure);
      }
      if (row.failure.empty()) {
        row.file = plan_.file_of(hosts_[way.from], hosts_[way.to]);
        keep(round, way, placed(round, way, row), progress);
      } else {
        note_failure(round, way, row);
      }
    }
  }

  // The result, with its place in the mesh, and its row in the index.
  void keep(std::size_t round, const Directed& way, IndexRow row, ProgressBar& progress) {
    failed_starts_[row.from] = failed_starts_[row.to] = 0;
    const auto [clock, fault] = store_result(drafts_ / row.file, folder_ / row.file, row);
    if (!fault.empty()) {
      row.file.clear();
      row.failure = fmt::format("{}: {}", row.from, fault);
      note_failure(round, way, row);
      return;
    }
    if (!clock.empty() && wrong_clocks_.insert(row.from).second) {
      progress.erase();
      say(fmt::format("the clock of {} says {}: its results are dated by this host", row.from,
                      clock));
    }
    add_row(round, way, row);
    done_.insert(way);
  }

  void note_failure(std::size_t round, const Directed& way, const IndexRow& row) {
    add_row(round, way, row);
    ++failed_;
    failures_.push_back(
        fmt::format("{} → {}: {}", hosts_[way.from].name, hosts_[way.to].name, row.failure));
  }

  void add_row(std::size_t round, const Directed& way, const IndexRow& row) {
    index_.add(placed(round, way, row));
  }

  [[nodiscard]] IndexRow placed(std::size_t round, const Directed& way, IndexRow row) const {
    row.tournament = plan_.tournament;
    row.round = round + 1;
    row.from = hosts_[way.from].name;
    row.to = hosts_[way.to].name;
    row.direction = plan_.direction;
    return row;
  }

  void leave_out(const std::string& host, const std::string& reason) {
    if (out_.emplace(host, reason).second) {
      say(fmt::format("{} is left out: {}", host, reason));
    }
  }

  int summarize() const {
    const fs::path index = folder_ / "index.csv";
    for (std::size_t i = 0; i < std::min(failures_.size(), kMostNamed); ++i) {
      say(failures_[i]);
    }
    if (failures_.size() > kMostNamed) {
      say(fmt::format("and {} more: see {}", failures_.size() - kMostNamed, index.string()));
    }
    const std::string measured =
        fmt::format("{} of {} measured: {}", done_.size(), total(), index.string());
    if (failures_.empty()) {
      tell(measured);
      return kExitFine;
    }
    say(measured + "; --resume repeats what failed");
    return kExitFailed;
  }

  static void say(const std::string& message) { print_message("tcpstep-mesh: " + message); }
  void tell(const std::string& message) const {
    if (!options_.is_quiet) {
      say(message);
    }
  }

  const MeshOptions& options_;
  std::vector<MeshHost> hosts_;
  Fd lock_;
  PairTimes times_;  // of the last tournament that was like this one
  MeshPlan plan_;
  fs::path folder_;  // of the day
  std::vector<MeshRound> rounds_;
  MeshIndex index_;
  fs::path drafts_;
  std::set<Directed> done_;
  std::size_t failed_ = 0;
  std::vector<std::string> failures_;
  std::map<std::string, std::string> out_;    // hosts, and why
  std::map<std::string, int> failed_starts_;  // in a row
  std::set<std::string> wrong_clocks_;
};

}  // namespace

int run_mesh(const MeshOptions& options) {
  return Coordinator(options).run();
}

}  // namespace tcpstep
