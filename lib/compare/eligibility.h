// Which runs, sizes and classes count: the rules that comparisons and histories share.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/compare/contrasts.h"
#include "lib/runfile/run.h"
#include "lib/stats/segment_fit.h"

namespace tcpstep {

inline constexpr std::size_t kFewestRounds = 5;
inline constexpr double kMostDropped = 0.01;  // of the pings of a run

// What makes a run unfit for any verdict: "partial: it ended with timeout"; empty if nothing does.
[[nodiscard]] std::string why_unfit(const Run& run);

// True if too many pings were lost or retransmitted to compare the times of the others.
[[nodiscard]] bool is_lossy(const Run& run);

// "1 lost and 2 resent of 90 pings".
[[nodiscard]] std::string losses_of(const Run& run);

// What was resent when a run was first launched. `ab` repeats a launch if too much was for its
// times to count, and says so in the header of the run that counts: by its losses, only the first
// launch is fair.
struct FirstLaunch {
  static constexpr std::string_view kKey = "ab_first_launch";

  std::uint64_t pings = 0;
  ResentPings resent;
  bool is_repeated = false;

  [[nodiscard]] std::string text() const;  // for the header
};
[[nodiscard]] FirstLaunch first_launch_of(const Run& run);

// How many samples a run has of each size that has any, ascending.
struct SampleCounts {
  std::size_t rounds = 0;
  std::vector<std::pair<PayloadSize, std::size_t>> sizes;

  auto operator<=>(const SampleCounts&) const = default;
};
[[nodiscard]] SampleCounts counts_of(const Run& run);

// What can be computed of all runs alike.
struct CommonSizes {
  std::size_t rounds = 0;          // of the shortest run
  std::size_t most_rounds = 0;     // of the longest run
  std::size_t draws = 1;           // m of expected_minimum(): 10, or as many samples as there are
  std::vector<PayloadSize> sizes;  // with enough samples in every run, ascending
  std::size_t measured = 0;        // sizes with a sample in some run

  // True if `sizes` are at least `share` of those measured.
  [[nodiscard]] bool are_most(double share) const;
};

// A size needs half of its samples in every run; those that were resent are not among them.
[[nodiscard]] CommonSizes common_sizes(std::span<const SampleCounts* const> runs);
[[nodiscard]] CommonSizes common_sizes(std::span<const Run* const> runs);

// By which MSS sizes have their class.
struct Classes {
  std::optional<Mss> mss;  // empty: all sizes are one class
  std::string note;        // if it was not declared

  [[nodiscard]] Mss boundary() const { return mss.value_or(Mss(PayloadSize::kLargest)); }
};

// As declared, or else where the times have steps. `whose` says in the note what has that MSS.
[[nodiscard]] Classes classes_by(std::optional<Mss> declared, const std::optional<MssFit>& fit,
                                 std::string_view whose);

// The smallest change of a family that counts, as a logarithm: of tails at least 25 %.
[[nodiscard]] double smallest_change(Family family, double minimum_effect);

}  // namespace tcpstep
