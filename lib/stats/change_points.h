// Where the level of a series changed, if it did: many columns, one row for each point in time.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "lib/stats/max_t.h"

namespace tcpstep {

// How one column differs between two neighbouring segments.
struct ColumnChange {
  double shift;  // median of all differences after - before
  double low;    // of the 95 % interval
  double high;
  double p;  // adjusted for all columns and all places
};

struct ChangePoint {
  std::size_t first;  // row of the new segment
  std::vector<ColumnChange> columns;
};

// A series with fewer rows, or a segment, is not searched.
inline constexpr std::size_t kFewestToSearch = 12;
// The fewest rows of a segment: fewer may be outliers.
inline constexpr std::size_t kFewestInSegment = 5;
// A level that ends within fewer is a passing mode, not a change.
inline constexpr std::size_t kLasting = 12;
// A level that was there before is a mode, too, until it lasts for this many rows.
inline constexpr std::size_t kLastingAgain = 24;

// What a search found, in the order of rows.
struct ChangeSearch {
  std::vector<ChangePoint> changes;
  // Of each column: from which shift on the newest kFewestInSegment rows would count as a change
  // (found every other time; one half larger nearly always). Empty if the newest segment is too
  // short to be searched.
  std::vector<double> visible;
};

// Binary segmentation (Vostrikova, Soviet Mathematics Doklady 24 (1981) 55). The best split of each
// column maximises |difference of means| sqrt(n1 n2 / n), in units of the long-run deviation of the
// residuals around both means, that of an AR(1) process. The null law of the largest statistic over
// all columns and places comes from an AR(1) sieve bootstrap (Buehlmann, Bernoulli 3 (1997) 123) of
// whole rows, which keeps the correlation between columns. A change has a column with p <= `alpha`
// that moved by `least` of that column or more; then both parts are searched. Where the whole shows
// none, its overlapping halves are searched too, for a level that came and went; p accounts for it.
//
// A host's performance states that last for a while are not changes: a level that is left again
// within kLasting rows, or a rise to one (a first change from one) where outliers of the other rows
// lie, as long as it has fewer than kLastingAgain.
//
// Lone outliers are pulled to the median of their five neighbours first (Hampel's filter: Davies &
// Gather, Journal of the American Statistical Association 88 (1993) 782).
// Columns are of one length; the same arguments give the same result on every machine, with any
// number of threads.
[[nodiscard]] ChangeSearch find_changes(std::span<const ContrastColumn> columns,
                                        std::span<const double> least, double alpha,
                                        unsigned threads = 1);

}  // namespace tcpstep
