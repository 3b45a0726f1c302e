// What kind of change a set of findings is, in one line.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "lib/compare/comparison.h"
#include "lib/stats/max_t.h"

namespace tcpstep {

// The sizes of one class, or a single size where all sizes are one class.
struct Group {
  std::uint32_t from;   // segments, or bytes
  double level_ns;      // of the baseline
  double change;        // candidate / baseline, as a logarithm
  ContrastColumn rest;  // of every run: the logarithm without the change
  bool has_moved;       // a test of it alone says so
};

// The simplest change that explains what happened to the groups.
struct Explanation {
  enum class Kind : std::uint8_t {
    Uniform,     // all by the same share, or by the same time
    From,        // the same time more from one group on
    PerSegment,  // the more segments, the more
    Only,        // one group
    Mixed,       // none of these fits
  };
  Kind kind;
  std::size_t first = 0;  // group
  double ns = 0;          // the time at that group
};

// Weighted least squares of the groups' relative changes on the shape of each kind. The noise of a
// run has a part that its groups share and one that they do not; both are estimated from the rest.
// What leaves out groups that moved themselves, most of them, or that explains slower groups by
// less time, is no explanation. `groups` ascend and are not empty; `length` is that of the label
// (MaxT::label_length).
[[nodiscard]] Explanation explain(std::span<const Group> groups, double length, bool is_slower);

// True if most of the single sizes that became slower now need another segment, by the MSS of both
// sides as declared, or else as their times fit.
[[nodiscard]] bool is_boundary_moved(const Comparison& comparison);

// "from 2 segments on +2.50 µs (+11.2 %, 95 % interval +10.1 to +12.3 %); 1 segment unchanged (-0.3
// to +0.4 %)", "packet boundary moved: ...", "tail ...", of a comparison with a contrast or size
// that became slower, or with `is_slower` false, of one with a contrast that became faster.
[[nodiscard]] std::string attribution_of(const Comparison& comparison,
                                         std::span<const Group> groups, double length,
                                         bool is_slower);

}  // namespace tcpstep
