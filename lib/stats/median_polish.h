// A two-way table taken apart: what belongs to a row, to a column, and to a cell alone.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace tcpstep {

// value = overall + row + column + residual, where medians of all rows, columns, and of the
// residuals along each of them are zero, or nearly so.
struct MedianPolish {
  double overall = 0;
  std::vector<double> rows;
  std::vector<double> columns;
  std::vector<std::optional<double>> residuals;  // row by row; empty where there is no value
};

// Tukey's median polish (J. W. Tukey, Exploratory Data Analysis, Addison-Wesley 1977, chapter 11):
// medians of rows, then of columns, are taken out in turn until nothing changes. A few cells, or a
// row and a column among five or more, may have any value without changing the others' effects.
// Cells may be empty. `cells` has rows * columns elements, row by row.
[[nodiscard]] MedianPolish median_polish(std::span<const std::optional<double>> cells,
                                         std::size_t rows, std::size_t columns);

}  // namespace tcpstep
