// Whether the level of a series crept away, in many columns at once.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "lib/stats/max_t.h"

namespace tcpstep {

// A change that has no date: newest against oldest.
struct Creep {
  std::size_t third;          // rows of the oldest and of the newest part
  std::vector<double> shift;  // of each column: difference of their medians
  std::vector<double> p;      // adjusted for all columns
};

// A trend or a staircase makes residuals around two means that hide it from find_changes(). Here a
// line with knees at 1/3, 1/2 and 2/3 is taken out of each column before its noise, again AR(1), is
// estimated; the null law comes from the same bootstrap. For tests at level `alpha`;
// kFewestToSearch rows or more.
[[nodiscard]] Creep find_creep(std::span<const ContrastColumn> columns, double alpha,
                               unsigned threads = 1);

}  // namespace tcpstep
