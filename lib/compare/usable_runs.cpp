#include "lib/compare/usable_runs.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "lib/base/text.h"

namespace tcpstep {
namespace {

constexpr std::size_t kFewestRounds = 5;
constexpr double kMostDropped = 0.01;  // of the pings of a run
constexpr double kFewestUsual = 0.8;   // of the sizes that most runs have

// A run that does not count, and why.
struct LeftOut {
  std::string name;
  std::string reason;
};

std::string why_unusable(const Run& run) {
  if (!run.started) {
    return "no started_utc";
  }
  if (!run.is_complete()) {
    return run.status().empty() ? "partial: it was cut off"
                                : fmt::format("partial: it ended with {}", run.status());
  }
  if (run.rounds() < kFewestRounds) {
    return fmt::format("{}, the least is {}", count_of(run.rounds(), "round"), kFewestRounds);
  }
  return {};
}

bool is_lossy(const Run& run) {
  return static_cast<double>(run.lost() + run.retransmitted()) >
         kMostDropped * static_cast<double>(run.pings());
}

// The choice under way.
class Choice {
 public:
  explicit Choice(std::vector<Run> runs) : runs_(std::move(runs)) {}

  UsableRuns run(std::size_t newest) {
    drop_unusable();
    sort_by_time();
    drop_lossy(newest);
    drop_unusual_sizes();
    note_left_out();
    result_.runs = std::move(runs_);
    return std::move(result_);
  }

 private:
  void drop_unusable() {
    std::map<std::string, std::string> known;
    std::vector<Run> kept;
    for (Run& run : runs_) {
      const auto [place, is_new] = known.emplace(run.identity, run.name);
      const std::string reason =
          is_new ? why_unusable(run) : "it holds the run of " + place->second;
      if (reason.empty()) {
        kept.push_back(std::move(run));
      } else {
        left_out_.push_back({.name = run.name, .reason = reason});
      }
    }
    runs_ = std::move(kept);
  }

  void sort_by_time() {
    std::sort(runs_.begin(), runs_.end(), [](const Run& a, const Run& b) {
      return std::tie(*a.started, a.name) < std::tie(*b.started, b.name);
    });
    std::set<std::chrono::sys_time<Duration>> times;
    for (const Run& run : runs_) {
      times.insert(*run.started);
    }
    result_.times = times.size();
    if (result_.times < runs_.size()) {
      result_.notes.push_back(
          fmt::format("{} at only {}: those of one time stand in the order of "
                      "their names",
                      count_of(runs_.size(), "run"), count_of(result_.times, "time")));
    }
  }

  void drop_lossy(std::size_t count) {
    const std::size_t newest = runs_.size() - std::min(runs_.size(), count);
    std::vector<Run> kept;
    for (std::size_t i = 0; i < runs_.size(); ++i) {
      Run& run = runs_[i];
      if (!is_lossy(run)) {
        kept.push_back(std::move(run));
        continue;
      }
      left_out_.push_back(
          {.name = run.name,
           .reason = fmt::format("{} lost and {} with a retransmission of {}", run.lost(),
                                 run.retransmitted(), count_of(run.pings(), "ping"))});
      if (i >= newest) {
        result_.lossy_newest = run.name;
      }
    }
    runs_ = std::move(kept);
  }

  // Some run of other sizes must not take the sizes of all others away.
  void drop_unusual_sizes() {
    std::map<PayloadSize, std::size_t> runs_with;
    for (const Run& run : runs_) {
      for (const PayloadSize size : run.sizes()) {
        ++runs_with[size];
      }
    }
    std::erase_if(runs_with, [&](const auto& entry) { return 2 * entry.second < runs_.size(); });
    std::erase_if(runs_, [&](const Run& run) {
      const auto has = std::count_if(runs_with.begin(), runs_with.end(), [&](const auto& entry) {
        return !run.samples_of(entry.first).empty();
      });
      const bool is_unusual =
          static_cast<double>(has) < kFewestUsual * static_cast<double>(runs_with.size()) ||
          has == 0;
      if (is_unusual) {
        left_out_.push_back({.name = run.name,
                             .reason = fmt::format("{} of the {} payload sizes that most runs have",
                                                   has, runs_with.size())});
      }
      return is_unusual;
    });
  }

  void note_left_out() {
    constexpr std::size_t kMostNamed = 5;
    if (left_out_.empty()) {
      return;
    }
    std::vector<std::string> words;
    for (const LeftOut& run : left_out_) {
      if (words.size() < kMostNamed) {
        words.push_back(fmt::format("{} ({})", run.name, run.reason));
      }
    }
    result_.notes.push_back(fmt::format(
        "{} left out: {}{}", count_of(left_out_.size(), "run"), fmt::join(words, ", "),
        left_out_.size() > kMostNamed ? fmt::format(" and {} more", left_out_.size() - kMostNamed)
                                      : ""));
  }

  std::vector<Run> runs_;
  std::vector<LeftOut> left_out_;
  UsableRuns result_;
};

}  // namespace

UsableRuns usable_runs(std::vector<Run> runs, std::size_t newest) {
  return Choice(std::move(runs)).run(newest);
}

}  // namespace tcpstep
