// All runs of one link, pooled size by size, in memory that does not grow with their number.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "lib/base/units.h"
#include "lib/report/fitted_penalties.h"
#include "lib/runfile/run.h"
#include "lib/stats/sample_sketch.h"

namespace tcpstep {

struct LinkRuns {
  LinkKey key;
  RttClock clock = RttClock::Application;

  RunHeader header;                 // of the first run
  std::set<std::string> varying;    // keys for which another run has another value
  std::set<std::string> differing;  // of them: settings that change an RTT, where both are known
  std::set<std::string> warnings;   // of any run
  std::set<std::string> senders;    // addresses, or names, of the hosts that sent payloads
  std::set<std::string> receivers;  // and of those that acked them; of at most 100 runs each
  std::set<std::string> labels;     // "-" of a run without one; at most 100
  std::optional<std::chrono::sys_time<Duration>> first_start;
  std::optional<std::chrono::sys_time<Duration>> last_start;

  std::uint32_t runs = 0;
  std::uint32_t partial_runs = 0;   // cut off, or ended by something before they were complete
  std::uint32_t browser_runs = 0;   // whose client was a browser
  std::uint32_t moved_runs = 0;     // whose counted pings were not all of the MSS of the key
  std::uint32_t short_runs = 0;     // complete, but with too few samples of a size for a fit
  std::uint32_t fewest_rounds = 0;  // of any run
  std::uint32_t most_rounds = 0;
  std::uint64_t lost = 0;       // pings without an RTT
  ResentPings resent;           // left out
  std::uint64_t unstamped = 0;  // pings without a kernel RTT, left out with RttClock::Kernel
  std::vector<RunFit> fits;     // of the complete runs whose sizes can be fitted

  // The clean samples of every size that has any.
  std::map<PayloadSize, SampleSketch> series;

  [[nodiscard]] std::uint64_t samples() const;
  // Of all sizes; there are samples.
  [[nodiscard]] Duration fastest() const;
};

// What became of a link over its runs, in the words of `history`.
struct LinkTrend {
  std::string words;           // "steady", "+15 % 24 Nov", "too few runs"
  double change = 0;           // logarithm of after / before; 0 if none was found
  std::vector<double> levels;  // of each run in the order in time, in ns; empty if not known
};

// Runs by their key, in the order in which the keys first came.
class RunCollection {
 public:
  // False if the same run was added before, from another file: it counts once.
  bool add(const Run& run);
  [[nodiscard]] std::span<const LinkRuns> links() const { return links_; }

 private:
  std::vector<LinkRuns> links_;
  std::set<std::string> known_runs_;
};

}  // namespace tcpstep
