// The runs of histories, reduced as they are read: a few numbers of each instead of its samples, so
// that years of them fit into little memory. And which of them count.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/compare/contrasts.h"
#include "lib/compare/eligibility.h"
#include "lib/runfile/run.h"

namespace tcpstep {

// What the numbers of all runs of a link are computed of alike. It is known when all have been
// read: until then it is that of the first one.
struct Reduction {
  std::vector<PayloadSize> sizes;
  ContrastSettings settings;

  bool operator==(const Reduction&) const = default;
};

struct ReducedRun {
  std::string name;
  std::string identity;
  LinkKey key;
  std::optional<std::chrono::sys_time<Duration>> started;
  std::optional<Duration> elapsed;
  std::string unfit;                        // why_unfit()
  std::string losses;                       // losses_of(), if it is lossy
  std::shared_ptr<const RunHeader> header;  // circumstances_of()
  std::shared_ptr<const SampleCounts> counts;

  std::shared_ptr<const Reduction> by;  // empty: it cannot count, or lacks some of these sizes
  RunContrasts contrasts;  // floors and tails; the floors of sizes only if the MSS is not declared
};

// Equal values, kept once.
template <class T>
class Pool {
 public:
  std::shared_ptr<const T> share(const T& value) {
    std::shared_ptr<const T>& known = known_[value];
    if (!known) {
      known = std::make_shared<const T>(value);
    }
    return known;
  }

 private:
  std::map<T, std::shared_ptr<const T>> known_;
};

class RunReducer {
 public:
  // By what links are reduced that were read before; LinkKey without MSS.
  using Reductions = std::map<LinkKey, std::shared_ptr<const Reduction>>;
  explicit RunReducer(Reductions reductions) : reductions_(std::move(reductions)) {}

  // Threads may call it at the same time.
  [[nodiscard]] ReducedRun reduce(const Run& run);

 private:
  std::shared_ptr<const Reduction> reduction_for(const Run& run, const SampleCounts& counts);

  std::mutex mutex_;  // of what follows
  Reductions reductions_;
  Pool<RunHeader> headers_;
  Pool<SampleCounts> counts_;
};

// The link that a run belongs to in a history: that its MSS changed is a part of it.
[[nodiscard]] LinkKey without_mss(const LinkKey& key);

// Start times that can be right; others come from a clock that was off.
struct PlausibleTimes {
  std::chrono::sys_time<Duration> earliest = std::chrono::sys_time<Duration>::min();
  std::chrono::sys_time<Duration> latest = std::chrono::sys_time<Duration>::max();
};

// The runs of one link that count in its history.
struct UsableRuns {
  std::vector<ReducedRun> runs;  // in the order in time
  std::size_t times = 0;         // different start times
  std::string lossy_newest;      // of the newest runs, one that lost too many pings; or empty
  std::vector<std::string> notes;
};

// Fit runs with a plausible start time and most of the sizes that the others have; each once.
// Losses among the `newest` are kept apart: such runs say nothing about the time that a ping takes
// now.
[[nodiscard]] UsableRuns usable_runs(std::vector<ReducedRun> runs, std::size_t newest,
                                     const PlausibleTimes& plausible);

}  // namespace tcpstep
