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
  // Statistics and Computing 15 (2005) 53); for as few runs as leave too few shuffles.
  Rotated,
};

// In which order the runs of two sides were made, and what is taken out of every column before it
// is tested.
struct Design {
  std::vector<Side> order;          // in time
  std::vector<std::size_t> blocks;  // of each run, from 0; their means are taken out
  NullLaw law = NullLaw::Shuffled;

  [[nodiscard]] std::size_t block_count() const;
  // Runs that are left to estimate the noise from: n - blocks - 1.
  [[nodiscard]] std::size_t degrees() const { return order.size() - block_count() - 1; }
};

// For each run of `order` the number of its block, from 0. A block is closed as soon as it holds
// two runs of each side; the rest joins the last one. Runs made one side after the other are one
// block.
[[nodiscard]] std::vector<std::size_t> blocks_of(std::span<const Side> order);

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

// t = b / sqrt(s2), b = x'y / |x|, s2 = max(|y|^2 - b^2, 0) / df, with the design's means removed
// from label x (0 baseline, 1 candidate) and column y.
class MaxT {
 public:
  // Both sides have a run in some block, and the degrees are positive. The same arguments give the
  // same draws on every machine.
  MaxT(Design design, std::size_t draws);

  [[nodiscard]] FamilyTest test(std::span<const ContrastColumn> columns, Variance variance) const;

  // The shifts d at which t of `column` - d * label is `critical` (the lower end) and -`critical`
  // (the upper), by bisection. With `is_ranked` t is that of ranks.
  [[nodiscard]] std::pair<double, double> interval(const ContrastColumn& column, double critical,
                                                   bool is_ranked, double added_variance) const;

 private:
  [[nodiscard]] ContrastColumn residuals(ContrastColumn column) const;
  [[nodiscard]] double t_of(const ContrastColumn& column, double added_variance) const;
  [[nodiscard]] double count_labellings() const;
  bool next_labelling(ContrastColumn& label) const;
  double add_direction(const ContrastColumn& raw);
  void add_all_labellings(const ContrastColumn& label);
  void draw(const ContrastColumn& label, std::size_t draws);

  Design design_;
  std::vector<std::vector<std::size_t>> runs_of_block_;
  std::vector<ContrastColumn> basis_;       // of what is taken out
  double length_ = 0;                       // |x|
  std::vector<ContrastColumn> directions_;  // of length 1; the first one is x
};

// value / count of each: the columns that are tested from 8 runs a side on.
[[nodiscard]] std::vector<ContrastColumn> ranked(std::span<const ContrastColumn> columns);

}  // namespace tcpstep
