#include "lib/compare/history_runs.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "lib/base/text.h"
#include "lib/compare/environment.h"

namespace tcpstep {
namespace {

constexpr double kFewestUsual = 0.8;  // of the sizes that most runs have

bool has_all(const SampleCounts& counts, const Reduction& reduction) {
  return std::ranges::all_of(reduction.sizes, [&](PayloadSize size) {
    const auto found =
        std::ranges::lower_bound(counts.sizes, size, {}, [](const auto& one) { return one.first; });
    return found != counts.sizes.end() && found->first == size &&
           found->second >= reduction.settings.draws;
  });
}

}  // namespace

LinkKey without_mss(const LinkKey& key) {
  LinkKey link = key;
  link.mss.reset();
  return link;
}

ReducedRun RunReducer::reduce(const Run& run) {
  const SampleCounts counts = counts_of(run);
  const RunHeader circumstances = circumstances_of(run.header);
  ReducedRun reduced{.name = run.name,
                     .identity = run.identity,
                     .key = run.key,
                     .started = run.started,
                     .elapsed = run.trailer ? std::optional(run.trailer->elapsed) : std::nullopt,
                     .unfit = why_unfit(run),
                     .losses = is_lossy(run) ? losses_of(run) : "",
                     .header = {},
                     .counts = {},
                     .by = {},
                     .contrasts = {}};
  {
    const std::lock_guard lock(mutex_);
    reduced.header = headers_.share(circumstances);
    reduced.counts = counts_.share(counts);
    if (reduced.unfit.empty() && reduced.losses.empty() && !counts.sizes.empty()) {
      reduced.by = reduction_for(run, counts);
    }
  }
  if (!reduced.by || !has_all(counts, *reduced.by)) {
    reduced.by.reset();
    return reduced;
  }
  RunContrasts& row = reduced.contrasts;
  row = contrasts_of(run, reduced.by->sizes, reduced.by->settings);
  std::erase_if(row.values, [](const auto& value) {
    return value.first.family != Family::Floor && value.first.family != Family::Tail;
  });
  row.values.shrink_to_fit();
  if (run.key.mss) {
    row.floors = {};
  }
  return reduced;
}

std::shared_ptr<const Reduction> RunReducer::reduction_for(const Run& run,
                                                           const SampleCounts& counts) {
  std::shared_ptr<const Reduction>& known = reductions_[without_mss(run.key)];
  if (!known) {
    const SampleCounts* const one = &counts;
    CommonSizes common = common_sizes(std::span(&one, 1));
    known = std::make_shared<const Reduction>(
        Reduction{.sizes = std::move(common.sizes),
                  .settings = {.mss = run.key.mss.value_or(Mss(PayloadSize::kLargest)),
                               .rounds = common.rounds,
                               .draws = common.draws}});
  }
  return known;
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
void leave_out(std::vector<ReducedRun>& runs, std::vector<LeftOut>& left_out, Why why) {
  std::vector<ReducedRun> kept;
  for (ReducedRun& run : runs) {
    if (std::string reason = why(run); reason.empty()) {
      kept.push_back(std::move(run));
    } else {
      left_out.push_back({.name = run.name, .reason = std::move(reason)});
    }
  }
  runs = std::move(kept);
}

// A run of other sizes must not take the sizes of all others away.
std::set<PayloadSize> usual_sizes(const std::vector<ReducedRun>& runs) {
  std::map<PayloadSize, std::size_t> runs_with;
  for (const ReducedRun& run : runs) {
    for (const auto& [size, samples] : run.counts->sizes) {
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

UsableRuns usable_runs(std::vector<ReducedRun> runs, std::size_t newest,
                       const PlausibleTimes& plausible) {
  UsableRuns result;
  std::vector<LeftOut> left_out;
  std::map<std::string, std::string> known;
  leave_out(runs, left_out, [&](const ReducedRun& run) -> std::string {
    const auto [place, is_new] = known.emplace(run.identity, run.name);
    return !is_new        ? "same run as " + place->second
           : !run.started ? "no started_utc"
                          : why_implausible(*run.started, plausible) + run.unfit;
  });
  std::sort(runs.begin(), runs.end(), [](const ReducedRun& a, const ReducedRun& b) {
    return std::tie(*a.started, a.name) < std::tie(*b.started, b.name);
  });
  std::set<std::chrono::sys_time<Duration>> times;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    times.insert(*runs[i].started);
    if (i > 0 && runs[i - 1].elapsed &&
        *runs[i].started - *runs[i - 1].started < *runs[i - 1].elapsed &&
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
  leave_out(runs, left_out, [&](const ReducedRun& run) -> std::string {
    const bool is_newest = older == 0;
    older -= is_newest ? 0U : 1U;
    if (is_newest && !run.losses.empty()) {
      result.lossy_newest = run.name;
    }
    return run.losses;
  });
  const std::set<PayloadSize> usual = usual_sizes(runs);
  leave_out(runs, left_out, [&](const ReducedRun& run) -> std::string {
    const auto has = std::ranges::count_if(
        run.counts->sizes, [&](const auto& size) { return usual.contains(size.first); });
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
