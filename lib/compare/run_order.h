// In which order the runs of both sides were made, and which test is valid for that order.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "lib/runfile/run.h"
#include "lib/stats/max_t.h"

namespace tcpstep {

// Below this many runs of a side there are too few labelings for ranks and shuffles.
inline constexpr std::size_t kRunsForRanks = 8;
inline constexpr std::ptrdiff_t kFewestDegrees = 4;  // to estimate the noise from

struct RunOrder {
  std::vector<const Run*> runs;  // in the order in time, if that is known
  Design design;
  std::size_t blocks = 0;  // that `ab` recorded; 0: it was not `ab`

  std::vector<std::string> notes;  // such as blocks that do not count
  std::string refusal;             // why no verdict is possible; empty if one is
  std::string remedy;
};

// The order that `ab` recorded in the headers; otherwise that of the start times, if it is balanced
// against a slow change in time, which is then taken out. With `is_exchangeable` any order will do.
// The order refers to the runs.
[[nodiscard]] RunOrder order_of(std::span<const Run> baseline, std::span<const Run> candidate,
                                bool is_exchangeable);

// What would do, if the labels of `order` can be shuffled in too few ways to reach `level`.
struct Unreachable {
  std::size_t runs;  // of each side
  double level;      // that can be reached with these runs
};
[[nodiscard]] std::optional<Unreachable> unreachable(const RunOrder& order, double level);

}  // namespace tcpstep
