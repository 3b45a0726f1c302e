#include "lib/compare/eligibility.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "lib/base/text.h"

namespace tcpstep {
namespace {

constexpr std::size_t kDrawsOfMinimum = 10;
constexpr double kTailEffect = 0.25;
constexpr double kFewestUsual = 0.8;  // of the sizes that most runs have

}  // namespace

std::string why_unfit(const Run& run) {
  if (!run.is_complete()) {
    return run.status().empty() ? "partial: it was cut off"
           : run.is_unverified  ? "partial: its archive was cut off"
                                : fmt::format("partial: it ended with {}", run.status());
  }
  if (run.has_moved) {
    return "uncertain: the MSS changed while it was measured";
  }
  if (run.rounds() < kFewestRounds) {
    return fmt::format("{}; at least {} are required", count_of(run.rounds(), "round"),
                       kFewestRounds);
  }
  return {};
}

bool is_lossy(const Run& run) {
  return static_cast<double>(run.lost() + run.resent().total()) >
         kMostDropped * static_cast<double>(run.pings());
}

std::string losses_of(const Run& run) {
  return fmt::format("{} lost and {} retransmitted of {}", run.lost(), run.resent().total(),
                     count_of(run.pings(), "ping"));
}

std::string FirstLaunch::text() const {
  return fmt::format("pings={} payload={} ack={} doubtful={}", pings, resent.payload, resent.ack,
                     resent.doubtful);
}

FirstLaunch first_launch_of(const Run& run) {
  FirstLaunch first{.pings = run.pings(), .resent = run.resent()};
  const auto text = run.header.find(FirstLaunch::kKey);
  if (!text) {
    return first;
  }
  const auto number = [&](std::string_view key) {
    std::uint64_t value = 0;
    if (const std::size_t at = text->find(key); at != std::string_view::npos) {
      std::from_chars(text->data() + at + key.size(), text->data() + text->size(), value);
    }
    return value;
  };
  first.pings = number("pings=");
  first.resent.payload = number("payload=");
  first.resent.ack = number("ack=");
  first.resent.doubtful = number("doubtful=");
  first.is_repeated = true;
  return first;
}

bool CommonSizes::are_most(double share) const {
  return static_cast<double>(sizes.size()) >= share * static_cast<double>(measured);
}

CommonSizes common_sizes(std::span<const Run* const> runs) {
  CommonSizes common{.rounds = runs.front()->rounds()};
  for (const Run* run : runs) {
    common.rounds = std::min<std::size_t>(common.rounds, run->rounds());
    common.most_rounds = std::max<std::size_t>(common.most_rounds, run->rounds());
  }
  const std::size_t most = std::max<std::size_t>(1, std::min(kDrawsOfMinimum, common.rounds));
  struct Found {
    std::size_t runs = 0;
    std::size_t fewest = std::numeric_limits<std::size_t>::max();  // samples
  };
  std::map<PayloadSize, Found> found;
  for (const Run* run : runs) {
    for (const PayloadSize size : run->sizes()) {
      ++found[size].runs;
      found[size].fewest = std::min(found[size].fewest, run->samples_of(size).size());
    }
  }
  common.measured = found.size();
  common.draws = most;
  for (const auto& [size, of] : found) {
    if (of.runs == runs.size() && 2 * of.fewest >= most) {
      common.sizes.push_back(size);
      common.draws = std::min(common.draws, of.fewest);
    }
  }
  return common;
}

Classes classes_by(std::optional<Mss> declared, const std::optional<MssFit>& fit,
                   std::string_view whose) {
  if (declared) {
    return {.mss = declared, .note = {}};
  }
  if (fit && fit->gain > kGainOfSteps) {
    return {
        .mss = fit->middle(),
        .note = fmt::format("{} MSS is unknown; its times fit an MSS of {} to {}: using {}", whose,
                            fit->smallest.bytes(), fit->largest.bytes(), fit->middle().bytes())};
  }
  return {.mss = {},
          .note = fmt::format(
              "{} MSS is unknown and its times show no steps: all sizes are one class", whose)};
}

double smallest_change(Family family, double minimum_effect) {
  return std::log1p(family == Family::Tail ? std::max(kTailEffect, minimum_effect)
                                           : minimum_effect);
}

namespace {

// A run that does not count, and why.
struct LeftOut {
  std::string name;
  std::string reason;
};

std::string why_implausible(std::chrono::sys_time<Duration> started,
                            const PlausibleTimes& plausible) {
  if (started >= plausible.earliest && started <= plausible.latest) {
    return {};
  }
  return fmt::format("dated {:%Y-%m-%d}{}",
                     std::chrono::time_point_cast<std::chrono::seconds>(started),
                     started < plausible.earliest ? ": the clock was not set" : ", in the future");
}

// Moves the runs for which `why` has a reason out of `runs`.
template <class Why>
void leave_out(std::vector<Run>& runs, std::vector<LeftOut>& left_out, Why why) {
  std::vector<Run> kept;
  for (Run& run : runs) {
    if (std::string reason = why(run); reason.empty()) {
      kept.push_back(std::move(run));
    } else {
      left_out.push_back({.name = run.name, .reason = std::move(reason)});
    }
  }
  runs = std::move(kept);
}

// A run of other sizes must not take the sizes of all others away.
std::set<PayloadSize> usual_sizes(const std::vector<Run>& runs) {
  std::map<PayloadSize, std::size_t> runs_with;
  for (const Run& run : runs) {
    for (const PayloadSize size : run.sizes()) {
      ++runs_with[size];
    }
  }
  std::set<PayloadSize> usual;
  for (const auto& [size, count] : runs_with) {
    if (2 * count >= runs.size()) {
      usual.insert(size);
    }
  }
  return usual;
}

std::string note_on(const std::vector<LeftOut>& left_out) {
  constexpr std::size_t kMostNamed = 5;
  std::vector<std::string> names;
  for (const LeftOut& run : left_out) {
    if (names.size() < kMostNamed) {
      names.push_back(fmt::format("{} ({})", run.name, run.reason));
    }
  }
  return fmt::format("{} left out: {}{}", count_of(left_out.size(), "run"), fmt::join(names, ", "),
                     left_out.size() > kMostNamed
                         ? fmt::format(" and {} more", left_out.size() - kMostNamed)
                         : "");
}

}  // namespace

UsableRuns usable_runs(std::vector<Run> runs, std::size_t newest, const PlausibleTimes& plausible) {
  UsableRuns result;
  std::vector<LeftOut> left_out;
  std::map<std::string, std::string> known;
  leave_out(runs, left_out, [&](const Run& run) -> std::string {
    const auto [place, is_new] = known.emplace(run.identity, run.name);
    return !is_new        ? "same run as " + place->second
           : !run.started ? "no started_utc"
                          : why_implausible(*run.started, plausible) + why_unfit(run);
  });
  std::sort(runs.begin(), runs.end(), [](const Run& a, const Run& b) {
    return std::tie(*a.started, a.name) < std::tie(*b.started, b.name);
  });
  std::set<std::chrono::sys_time<Duration>> times;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    times.insert(*runs[i].started);
    if (i > 0 && runs[i - 1].trailer &&
        *runs[i].started - *runs[i - 1].started < runs[i - 1].trailer->elapsed &&
        runs[i].started != runs[i - 1].started) {
      result.notes.push_back(
          fmt::format("{} began before {} had ended: a clock was set back, or "
                      "two servers measured at once",
                      runs[i].name, runs[i - 1].name));
    }
  }
  result.times = times.size();
  if (times.size() < runs.size()) {
    result.notes.push_back(
        fmt::format("{} with only {}: runs that started at the same time are in order of their "
                    "names",
                    count_of(runs.size(), "run"), count_of(times.size(), "start time")));
  }
  std::size_t older = runs.size() - std::min(runs.size(), newest);
  leave_out(runs, left_out, [&](const Run& run) -> std::string {
    const bool is_newest = older == 0;
    older -= is_newest ? 0U : 1U;
    if (!is_lossy(run)) {
      return {};
    }
    if (is_newest) {
      result.lossy_newest = run.name;
    }
    return losses_of(run);
  });
  const std::set<PayloadSize> usual = usual_sizes(runs);
  leave_out(runs, left_out, [&](const Run& run) -> std::string {
    const auto has = std::count_if(usual.begin(), usual.end(),
                                   [&](PayloadSize size) { return !run.samples_of(size).empty(); });
    return has > 0 && static_cast<double>(has) >= kFewestUsual * static_cast<double>(usual.size())
               ? ""
               : fmt::format("only {} of the {} payload sizes of most runs", has, usual.size());
  });
  if (!left_out.empty()) {
    result.notes.push_back(note_on(left_out));
  }
  result.runs = std::move(runs);
  return result;
}

}  // namespace tcpstep
