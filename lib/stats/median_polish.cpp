#include "lib/stats/median_polish.h"

#include <cmath>
#include <utility>

#include "lib/stats/estimators.h"

namespace tcpstep {
namespace {

constexpr int kMostSweeps = 50;
constexpr double kSettled = 1e-9;  // of the values' scale

class Polisher {
 public:
  Polisher(std::span<const std::optional<double>> cells, std::size_t rows, std::size_t columns)
      : fit_{.rows = std::vector<double>(rows),
             .columns = std::vector<double>(columns),
             .residuals = {cells.begin(), cells.end()}} {}

  MedianPolish polish() {
    double scale = 0;
    for (const auto& cell : fit_.residuals) {
      scale = std::max(scale, std::abs(cell.value_or(0)));
    }
    for (int sweep = 0; sweep < kMostSweeps; ++sweep) {
      const double moved = sweep_rows() + sweep_columns();
      if (moved <= kSettled * scale) {
        break;
      }
    }
    return std::move(fit_);
  }

 private:
  // Both return the largest step.
  double sweep_rows() {
    double largest = 0;
    for (std::size_t row = 0; row < fit_.rows.size(); ++row) {
      const double median = take_median(row * fit_.columns.size(), 1, fit_.columns.size());
      fit_.rows[row] += median;
      largest = std::max(largest, std::abs(median));
    }
    center(fit_.columns);
    return largest;
  }
  double sweep_columns() {
    double largest = 0;
    for (std::size_t column = 0; column < fit_.columns.size(); ++column) {
      const double median = take_median(column, fit_.columns.size(), fit_.rows.size());
      fit_.columns[column] += median;
      largest = std::max(largest, std::abs(median));
    }
    center(fit_.rows);
    return largest;
  }

  // The median of `count` cells, which is taken out of them; 0 if none has a value.
  double take_median(std::size_t first, std::size_t step, std::size_t count) {
    std::vector<double> values;
    for (std::size_t i = 0; i < count; ++i) {
      if (const auto& cell = fit_.residuals[first + i * step]) {
        values.push_back(*cell);
      }
    }
    if (values.empty()) {
      return 0;
    }
    const double median = median_of(std::move(values));
    for (std::size_t i = 0; i < count; ++i) {
      if (auto& cell = fit_.residuals[first + i * step]) {
        *cell -= median;
      }
    }
    return median;
  }

  void center(std::vector<double>& effects) {
    if (effects.empty()) {
      return;
    }
    const double median = median_of(effects);
    for (double& effect : effects) {
      effect -= median;
    }
    fit_.overall += median;
  }

  MedianPolish fit_;
};

}  // namespace

MedianPolish median_polish(std::span<const std::optional<double>> cells, std::size_t rows,
                           std::size_t columns) {
  return Polisher(cells, rows, columns).polish();
}

}  // namespace tcpstep
