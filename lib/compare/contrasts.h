// A run in a few numbers, the columns of the test; and both sides at one size.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/units.h"
#include "lib/runfile/run.h"
#include "lib/stats/max_t.h"

namespace tcpstep {

enum class Family : std::uint8_t {
  Floor,   // mean over sizes of log expected_minimum
  Step,    // floor of a class minus floor of the first class
  Median,  // mean over sizes of log median
  Tail,    // mean of the largest 5 % of log(sample / median of its size)
};
template <>
inline constexpr auto kNamesOf<Family> = std::to_array<Word<Family>>({{"floor", Family::Floor},
                                                                      {"step", Family::Step},
                                                                      {"median", Family::Median},
                                                                      {"tail", Family::Tail}});

// A change as a natural logarithm, in percent. What rounds to zero at `digit` is zero: never
// "-0.0".
[[nodiscard]] double percent_of(double log_change, double digit = 0);
// "+1.23 %"; from 100 % on without decimals.
[[nodiscard]] std::string percent(double log_change);
[[nodiscard]] std::string bare_percent(double log_change);  // "+1.23"

struct Contrast {
  Family family;
  std::uint32_t segments = 0;  // 0: all sizes
  bool is_and_more = false;    // also of more segments

  auto operator<=>(const Contrast&) const = default;
};

[[nodiscard]] std::string class_word(const Contrast& contrast);  // "all", "1", "2+"

struct ContrastTable {
  std::vector<Contrast> names;
  std::vector<ContrastColumn>
      columns;  // one for each name; natural logarithms, one element for each run

  std::vector<PayloadSize> sizes;
  std::vector<ContrastColumn> floors;  // one for each size: log floor
  std::vector<ContrastColumn>
      locals;  // the same minus the median log floor of its class in that run
};

struct ContrastSettings {
  Mss mss;                         // by which sizes have their class, whatever the run's own
  std::size_t rounds;              // how many samples of each size count, from the first
  std::size_t draws;               // m of expected_minimum; every series has as many samples
  std::size_t fewest_in_step = 3;  // sizes of a class whose step is tested

  bool operator==(const ContrastSettings&) const = default;
};

// A row of the table: one run.
struct RunContrasts {
  std::vector<std::pair<Contrast, double>> values;  // ascending; a tail may be too short
  std::vector<double> floors;                       // one for each size: log floor
};

// Of a run that has all of `sizes` (ascending, not empty).
[[nodiscard]] RunContrasts contrasts_of(const Run& run, std::span<const PayloadSize> sizes,
                                        const ContrastSettings& settings);

// Sizes and floors of `runs` alone: what is known before the classes are.
[[nodiscard]] ContrastTable floors_of(std::span<const Run* const> runs,
                                      std::span<const PayloadSize> sizes, std::size_t rounds,
                                      std::size_t draws);

// The columns of `runs`, each of which has all of `sizes` (ascending, not empty).
[[nodiscard]] ContrastTable contrasts_of(std::span<const Run* const> runs,
                                         std::span<const PayloadSize> sizes,
                                         const ContrastSettings& settings);

// The floors of one size over the runs of a side, in ns.
struct SizeLevel {
  double middle;  // median
  double low;     // quartiles
  double high;
};

// One payload size of both sides, whatever the verdict.
struct SizeChange {
  PayloadSize size;
  SizeLevel baseline;
  SizeLevel candidate;
  double change;              // difference of medians, or the middle of the interval
  std::optional<double> low;  // of the 95 % interval of this size alone; empty if it was not tested
  std::optional<double> high;
};

// Levels and differences of medians, without intervals. Both sides have a run in `order`.
[[nodiscard]] std::vector<SizeChange> levels_by_size(const ContrastTable& table,
                                                     std::span<const Side> order);

// The same of runs that are not tested; nothing of sizes that some run lacks.
[[nodiscard]] std::vector<SizeChange> levels_by_size(std::span<const Run> baseline,
                                                     std::span<const Run> candidate);

}  // namespace tcpstep
