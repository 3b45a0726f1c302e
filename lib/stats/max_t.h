// Many contrasts of two sides, tested at once: the probability that chance alone makes any of them
// as large as this one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace tcpstep {

enum class Side : std::uint8_t { Baseline, Candidate };

// One number of each run, in the order in time.
using ContrastColumn = std::vector<double>;

// Where the null law comes from.
enum class NullLaw : std::uint8_t {
  // The labels are shuffled inside the blocks: in every way there is, if these are not too many.
  // Exact whatever the noise, if the order of the runs was drawn that way (Westfall & Young,
  // Resampling-Based Multiple Testing, 1993).
  Shuffled,
  // Random directions. Exact for normal rows with any correlation between the columns (Langsrud,
  // Statistics and Computing 15 (2005) 53): for runs whose order was not drawn, or too few to
  // shuffle.
  Rotated,
};

// In which order the runs of two sides were made, and what is taken out of every column before it
// is tested.
struct Design {
  std::vector<Side> order;          // in time
  std::vector<std::size_t> blocks;  // of each run, from 0; their means are taken out
  std::size_t trend = 0;            // the degree of the polynomial in time that is taken out, too
  NullLaw law = NullLaw::Shuffled;

  [[nodiscard]] std::size_t block_count() const;
  // In how many ways the labels can be shuffled inside the blocks.
  [[nodiscard]] double labelings() const;
  // What is left to estimate the noise from: n - blocks - trend - 1; negative if there is nothing.
  [[nodiscard]] std::ptrdiff_t degrees() const;
};

// How well the sides of a design can be told from slow changes in time.
struct Balance {
  double kept;   // the share of the label's variance that is left when the trend is taken out
  double noise;  // variance of the contrast under noise that changes slowly (AR(1), 0.8), relative
                 // to what the residuals show of it
};
[[nodiscard]] Balance balance_of(const Design& design);

// The median of all differences candidate - baseline inside a block: Hodges & Lehmann, Annals of
// Mathematical Statistics 34 (1963) 598. `values` has one element for each run; some block has runs
// of both sides.
[[nodiscard]] double hodges_lehmann(std::span<const double> values, const Design& design);

// What the variance of a column consists of besides its residuals.
struct Variance {
  double added = 0;          // of a coarse timer
  double prior_degrees = 0;  // above 0: shrunk this strongly to the mean over the columns
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

// t = b / sqrt(s2), b = x'y / |x|, s2 = max(|y|^2 - b^2, 0) / df, with the design's means and trend
// removed from label x (0 baseline, 1 candidate) and column y. Where a trend is removed, s2 is
// larger by Balance::noise if that is above 1.
class MaxT {
 public:
  // Both sides have a run in some block, and the degrees are positive. The same arguments give the
  // same draws on every machine.
  MaxT(Design design, std::size_t draws);

  [[nodiscard]] FamilyTest test(std::span<const ContrastColumn> columns, Variance variance) const;

  // The shifts d at which t of `column` - d * label is `critical` (the lower end) and -`critical`
  // (the upper): shift -+ critical * s / |x|, for s does not depend on d.
  [[nodiscard]] std::pair<double, double> interval(const ContrastColumn& column, double critical,
                                                   double added_variance) const;

  // The same with t of ranks, by bisection; infinite if no shift is far enough.
  [[nodiscard]] std::pair<double, double> ranked_interval(const ContrastColumn& column,
                                                          double critical) const;

  // `column` without means, trend and the shift between the sides.
  [[nodiscard]] ContrastColumn rest_of(const ContrastColumn& column) const;

  // |x|: a shift has the variance of the residuals over its square.
  [[nodiscard]] double label_length() const { return length_; }

 private:
  [[nodiscard]] ContrastColumn residuals(ContrastColumn column) const;
  struct Scaled {
    double b;
    double s;  // t = b / s
  };
  [[nodiscard]] Scaled scaled(const ContrastColumn& column, double added_variance) const;
  bool next_labeling(ContrastColumn& label) const;
  void add_labeling(const ContrastColumn& label);
  void add_all_labelings(const ContrastColumn& label);
  void draw(const ContrastColumn& label, std::size_t draws);

  Design design_;
  std::vector<std::vector<std::size_t>> runs_of_block_;
  std::vector<ContrastColumn> basis_;  // of what is taken out
  ContrastColumn taken_out_;           // of the label, and so of all that are shuffled
  double length_ = 0;                  // |x|
  double inflation_ = 1;               // of s2
  ContrastColumn x_;                   // of length 1
  std::vector<double> directions_;     // of the draws, one after the other, each of length 1
};

// value / count of each: the columns that are tested from 8 runs a side on.
[[nodiscard]] std::vector<ContrastColumn> ranked(std::span<const ContrastColumn> columns);

}  // namespace tcpstep
