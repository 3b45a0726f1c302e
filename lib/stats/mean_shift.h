// Where the mean of a series most likely shifted, and how large such a shift gets by chance: the
// two steps of find_changes() (change_points.h has the sources).
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

namespace tcpstep {

// Columns of one length, row by row. A row ends in zeros, so that it has a multiple of kLanes
// columns: sums of that many at a time take little longer than one.
struct SeriesRows {
  static constexpr std::size_t kLanes = 4;

  std::size_t count = 0;
  std::size_t columns = 0;  // without those of zeros
  std::size_t width = 0;    // with them
  std::vector<double> values;

  SeriesRows(std::size_t rows, std::size_t columns_)
      : count(rows),
        columns(columns_),
        width((columns_ + kLanes - 1) / kLanes * kLanes),
        values(rows * width) {}
  double& at(std::size_t row, std::size_t column) { return values[row * width + column]; }
  [[nodiscard]] double at(std::size_t row, std::size_t column) const {
    return values[row * width + column];
  }
};

// What a split of one column leaves.
struct MeanShift {
  std::size_t first = 0;   // row of the second part
  double statistic = 0;    // |difference of means| sqrt(n1 n2 / n) / long-run deviation
  double correlation = 0;  // of neighbouring residuals, corrected for its bias in short series
  double deviation = 0;    // long-run, of the residuals
  double mean_before = 0;
  double mean_after = 0;
};

// sqrt(n1 n2 / n) of a split after `before` of `count` rows.
[[nodiscard]] double span_weight(std::size_t before, std::size_t count);

// The residuals around both means of a column that is split before row `first`.
[[nodiscard]] MeanShift split_at(const SeriesRows& rows, std::size_t column, std::size_t first);

// The best place to split a column in two parts of kFewestInSegment rows or more.
[[nodiscard]] MeanShift best_split(const SeriesRows& rows, std::size_t column);

inline constexpr std::size_t kFewestDraws = 1999;  // more if alpha asks for them

// Draws series of AR(1) noise like that of `residuals`, whose columns have these correlations of
// neighbours: a sieve bootstrap (Buehlmann, Bernoulli 3 (1997) 123) of whole rows, which keeps the
// correlation between columns. The statistics of the draws, ascending: `draws`, or fewer when
// enough of them reach `observed` (Besag & Clifford, Biometrika 78 (1991) 301). `threads` share
// the draws, which are the same for any number of them; `statistic` is called by all.
[[nodiscard]] std::vector<double> bootstrap_law(
    const SeriesRows& residuals, const std::vector<double>& correlations, std::size_t draws,
    double observed, unsigned threads, const std::function<double(const SeriesRows&)>& statistic);

// What chance makes of `splits`, the best ones of all columns: the largest statistic over all
// columns of each draw.
[[nodiscard]] std::vector<double> null_law(const SeriesRows& rows,
                                           const std::vector<MeanShift>& splits, std::size_t draws,
                                           double observed, unsigned threads);

// 1 + the draws that reach `observed`, over 1 + all draws.
[[nodiscard]] double p_value(const std::vector<double>& law, double observed);

// The correlation of neighbours, corrected for its bias when `parameters` were fitted (Marriott &
// Pope, Biometrika 41 (1954) 390, for one parameter); 0 to 0.95.
[[nodiscard]] double correlation_of(std::span<const double> residuals, double parameters);

}  // namespace tcpstep
