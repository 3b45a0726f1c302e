// Is this link slower? Two sets of runs, one verdict: docs/statistics.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lib/compare/contrasts.h"
#include "lib/compare/environment.h"
#include "lib/report/link_captions.h"
#include "lib/runfile/run.h"
#include "lib/stats/segment_fit.h"

namespace tcpstep {

enum class Verdict : std::uint8_t { NoRegression, Faster, Regression, Inconclusive, NotComparable };
template <>
inline constexpr auto kNamesOf<Verdict> =
    std::to_array<Word<Verdict>>({{"no-regression", Verdict::NoRegression},
                                  {"faster", Verdict::Faster},
                                  {"regression", Verdict::Regression},
                                  {"inconclusive", Verdict::Inconclusive},
                                  {"not-comparable", Verdict::NotComparable}});

// How often a verdict is looked at, at growing numbers of runs: all looks share the errors.
struct Looks {
  std::size_t count = 1;
  std::uint32_t most_runs = 0;  // of each side: at the last look

  // Of an error that all may make, the share of the look at `runs` of each side. The last one has
  // half of it (Lan & DeMets 1983: any shares that add up to one will do), because it has the most
  // to tell.
  [[nodiscard]] double share_at(std::uint32_t runs) const {
    return count <= 1 ? 1 : runs >= most_runs ? 0.5 : 0.5 / static_cast<double>(count - 1);
  }
};

struct CompareSettings {
  double alpha = 0.01;  // false alarms of a whole comparison
  Looks looks;
  std::optional<double> minimum_effect;  // 0.02: 2 %, 0 in virtual time. For tails at least 25 %
  double tolerance = 0.05;               // the slowdown that a pass rules out
  bool is_lenient = false;               // pass even if it does not
  bool is_exchangeable = false;          // every run on a freshly drawn host: any order will do
  bool ignores_segmentation = false;     // only sizes that need the same segments on both sides
  bool ignores_environment = false;  // compare although link, host, interface or transport differ
};

// One column of the test. Changes are natural logarithms: candidate / baseline.
struct ContrastResult {
  Contrast contrast;
  std::optional<double> before_ns;  // means over the runs of a side; of floors and medians
  std::optional<double> now_ns;
  double change = 0;
  std::optional<double> low;  // of the 95 % interval; empty if it was not tested
  std::optional<double> high;
  std::optional<double> p_slower;  // adjusted for the whole family
  std::optional<double> p_faster;
  bool is_slower = false;
  bool is_faster = false;
  bool is_larger = false;  // a step that grew although its class is not slower
};

// A size that became slower than the others of its class.
struct LocalResult {
  PayloadSize size;
  double change;
  double p_slower;
};

struct SideFacts {
  std::uint32_t runs = 0;
  std::optional<Mss> mss;  // as declared
  std::optional<MssFit> fit;
  std::uint64_t lost = 0;
  ResentPings resent;
};

// What differs at one size between runs in virtual time, which are otherwise equal to the
// nanosecond.
struct ExactDifference {
  PayloadSize size;
  std::uint32_t segments;   // 0 if the MSS is unknown
  std::uint64_t pings;      // of the candidate's runs
  std::uint64_t differing;  // of these
  double floor_change_ns;   // smallest RTT, candidate - baseline
  double mean_change_ns;
  double mean_change;  // as a share of the baseline's mean
};

struct Comparison {
  std::string link;
  Verdict verdict = Verdict::Inconclusive;
  std::string attribution;           // what changed: "uniform: ...", "from 2 segments on ...", ...
  std::vector<std::string> reasons;  // of a refusal
  std::string remedy;                // what would resolve it; may be empty
  std::vector<std::string> notes;
  std::vector<EnvironmentDifference> environment;
  Caption caption;
  SideFacts baseline;
  SideFacts candidate;

  std::size_t rounds = 0;  // that were used of every run
  std::size_t sizes = 0;   // common to all runs
  std::optional<Mss> mss;  // by which sizes have their class
  std::size_t blocks = 0;  // 0: the order of the runs was not recorded
  CompareSettings settings;

  bool is_exact = false;  // virtual time: `differences` instead of `contrasts`
  std::size_t pairs = 0;  // of runs with the same seed
  std::vector<ExactDifference> differences;

  std::vector<ContrastResult> contrasts;
  std::vector<LocalResult> locals;      // those that became slower
  std::vector<SizeChange> by_size;      // of the sizes that were compared
  std::optional<double> run_deviation;  // of the overall floor between runs, as a logarithm
  std::optional<double> excluded;       // a larger rise of any floor is ruled out at 95 %
  std::optional<std::uint32_t> runs_for_tolerance;  // of each side, if `excluded` is above it
};

// Runs in virtual time are compared exactly, all others by the test. Throws WorldError if a run is
// on both sides.
[[nodiscard]] Comparison compare(std::vector<Run> baseline, std::vector<Run> candidate,
                                 const CompareSettings& settings);

// The verdict in one line: "REGRESSION: from 2 segments on +2.50 µs, +11.23 % (+10.1 to +12.3)".
[[nodiscard]] std::string headline(const Comparison& comparison);

// The two ways of compare(), of runs in virtual time and of all others. `result` has link, sides,
// settings and environment already.

// Compares run against run by seed: equal to the nanosecond unless something changed.
void compare_exactly(Comparison& result, std::span<const Run> baseline,
                     std::span<const Run> candidate);

// Tests the contrasts of classes over the runs (docs/statistics.md).
[[nodiscard]] Comparison test_runs(Comparison result, std::span<const Run> baseline,
                                   std::span<const Run> candidate);

}  // namespace tcpstep
