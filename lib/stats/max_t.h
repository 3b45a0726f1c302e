// Many contrasts of two sides, tested at once: the probability that chance alone makes any of them
// as large as this.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "lib/stats/interleaving.h"

namespace tcpstep {

// One number of each run, in the order in time.
using ContrastColumn = std::vector<double>;

// Where the null law comes from.
enum class NullLaw : std::uint8_t {
  // The labels are shuffled inside the blocks. Exact whatever the noise, if the order of the runs
  // was drawn that way (Westfall & Young, Resampling-Based Multiple Testing, 1993).
  Shuffled,
  // Random directions. Exact for normal rows with any correlation between the columns (Langsrud,
  // Statistics and Computing 15 (2005) 53); for as few runs as leave too few shuffles.
  Rotated,
};

// What the variance of a column is made of besides its residuals.
struct Variance {
  double added = 0;          // of a coarse timer
  double prior_degrees = 0;  // above 0: drawn this strongly to the mean over the columns
};

struct ContrastTest {
  double t;
  double shift;     // b / |x|: the least-squares estimate, candidate - baseline
  double p_slower;  // adjusted for all columns of the family
  double p_faster;
};

struct FamilyTest {
  std::vector<ContrastTest> contrasts;
  std::vector<double> largest;  // t of each draw's largest column, ascending
};

// t = b / sqrt(s2), b = x'y / |x|, s2 = max(|y|^2 - b^2, 0) / df, with block means removed from
// label x (0 baseline, 1 candidate) and column y.
class MaxT {
 public:
  // Both sides have a run in some block, and degrees() is positive. The same arguments give the
  // same draws on every machine.
  MaxT(std::vector<Side> order, std::vector<std::size_t> blocks, NullLaw law, std::size_t draws);

  // n - blocks - 1.
  [[nodiscard]] std::size_t degrees() const { return degrees_; }

  [[nodiscard]] FamilyTest test(std::span<const ContrastColumn> columns, Variance variance) const;

  // The shifts d at which t of `column` - d * label is `critical` (the lower end) and -`critical`
  // (the upper), by bisection. With `is_ranked` t is that of ranks.
  [[nodiscard]] std::pair<double, double> interval(const ContrastColumn& column, double critical,
                                                   bool is_ranked, double added_variance) const;

 private:
  [[nodiscard]] ContrastColumn without_block_means(ContrastColumn column) const;
  [[nodiscard]] double t_of(const ContrastColumn& column, double added_variance) const;
  void draw(NullLaw law, std::size_t draws);

  std::vector<Side> order_;
  std::vector<std::size_t> blocks_;
  std::vector<std::vector<std::size_t>> runs_of_block_;
  std::size_t degrees_;
  double length_ = 0;                       // |x|
  std::vector<ContrastColumn> directions_;  // of length 1; the first one is x
};

// value / count of each: the columns that are tested from 8 runs a side on.
[[nodiscard]] std::vector<ContrastColumn> ranked(std::span<const ContrastColumn> columns);

}  // namespace tcpstep
