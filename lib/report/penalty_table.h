// Runs pooled by link, and the penalties of one link: the three rows of 2014, and one row per class
// of segments.
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
#include "lib/base/warning_table.h"
#include "lib/report/fitted_penalties.h"
#include "lib/runfile/run.h"
#include "lib/stats/sample_sketch.h"
#include "lib/stats/statistic.h"

namespace tcpstep {

// All runs of one link, pooled size by size, in memory that does not grow with their number.
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

// What became of a link over its runs, as `history` prints it.
struct LinkTrend {
  std::string words;           // "steady", "+15 % 24 Nov", "newest 3: +160 %", "too few: 3 of 12"
  double change = 0;           // logarithm of after / before; 0 if there is none
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

// --- The table of one link ---

// What these sizes take, whatever the statistic is.
struct Levels {
  Duration fastest{0};          // mean over the sizes of the fastest ping of each
  Duration median{0};           // likewise
  std::optional<Duration> p99;  // of all samples of these sizes, if they are 100 or more
};

// The extra RTT of one or more sizes over the reference size of the same runs.
struct Penalty {
  PayloadSize smallest;  // the sizes it stands for, from … to
  PayloadSize largest;
  Duration rtt;    // mean over these sizes of the statistic
  Duration extra;  // rtt minus the reference
  double share;    // extra divided by the reference, both unrounded: 0.3 is "30 %"
  Levels levels = {};
};

// The sizes that need `segments` segments.
struct SegmentClass {
  std::uint32_t segments;
  std::uint32_t sizes;  // how many of them were measured
  Penalty penalty;
};

struct PenaltyTable {
  std::string link;
  std::optional<Mss> mss;
  Statistic statistic = Statistic::minimum();
  std::uint32_t runs = 0;
  std::uint32_t partial_runs = 0;
  std::uint32_t browser_runs = 0;
  std::uint32_t moved_runs = 0;
  std::uint32_t fewest_rounds = 0;
  std::uint32_t most_rounds = 0;
  bool is_shuffled = false;  // the sizes of all runs came in random order
  std::uint64_t samples = 0;
  std::uint64_t fewest_samples = 0;  // of any size; 0 without samples
  double relative_error = 0;  // of each size's statistic: above 0 if it is a sketch's quantile
  std::uint64_t lost = 0;
  ResentPings resent;
  std::uint64_t unstamped = 0;
  RttClock clock = RttClock::Application;
  std::set<std::string> differing;  // settings in which the runs are not alike

  std::uint32_t sizes = 0;           // with samples
  std::vector<std::string> senders;  // the hosts that sent payloads, as in LinkRuns
  std::vector<std::string> receivers;
  std::vector<std::string> labels;
  std::string congestion_control;  // of the first run
  std::string when;                // "2026-11-22 16:41 UTC", or "virtual time"
  std::string last_day;            // "22 Nov"; empty if it is not known
  std::optional<std::chrono::sys_time<Duration>> first_start;  // of any run; empty in virtual time
  std::optional<std::chrono::sys_time<Duration>> last_start;
  std::string samples_elsewhere;  // of a run without any: which file has them; or empty
  std::vector<Warning> warnings;  // what spoils these numbers, the most important first

  // The smallest size measured (1 byte by default) and its statistic; empty without samples.
  std::optional<PayloadSize> reference_size;
  Duration reference_rtt{0};
  Levels reference_levels = {};

  // The rows of 2014. Empty if no measured size is in that class, or if all sizes are in one class:
  // then no packet was ever full.
  std::optional<Penalty> filling;  // the largest size of class 1, if it is not the reference itself
  std::optional<Penalty> second;   // class 2
  std::optional<Penalty> fourth;   // class 4

  // The same rows at the boundary itself, from a fit of every complete run. The statistic is always
  // the endpoint estimate.
  FittedPenalties fitted;

  // How exactly short runs show the share of one size: it is within about this of what longer runs
  // find. Empty for runs of usual length, and of other statistics than the minimum.
  std::optional<double> uncertainty;

  // The largest size, only if the MSS is unknown and there is more than one size.
  std::optional<Penalty> largest;

  std::vector<SegmentClass> classes;  // ascending; empty if the MSS is unknown

  std::optional<LinkTrend> trend;  // penalty_table() does not look for one
};

// The table of one link.
[[nodiscard]] PenaltyTable penalty_table(const LinkRuns& runs, Statistic statistic);

// A browser acks later than a program does: by some 0.1 ms, of which some 0.02 ms may fall on one
// side of a step. Below this RTT that is more than 1 % of it, one point of a penalty.
inline constexpr Duration kShortestRttOfBrowsers = std::chrono::milliseconds(2);

// When the runs were: "2026-11-22 16:41 UTC", "2026-11-20 to 2026-11-26", "virtual time"; empty if
// it is not known.
[[nodiscard]] std::string period(const LinkRuns& runs);
[[nodiscard]] std::string period(std::chrono::sys_time<Duration> first,
                                 std::chrono::sys_time<Duration> last);

// By which share the reference exceeds the mean of class 1; 0 if it does not, or if nothing is
// compared. The 1-byte ping that follows the largest one finds colder caches: then the reference is
// too slow, and every penalty too small.
[[nodiscard]] double reference_excess(const PenaltyTable& table);

// Why a table has no penalties by segments, for people; empty if it has.
[[nodiscard]] std::string why_no_penalties(const PenaltyTable& table);

}  // namespace tcpstep
