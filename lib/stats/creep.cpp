#include "lib/stats/creep.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <numeric>

#include "lib/stats/change_points.h"
#include "lib/stats/estimators.h"
#include "lib/stats/mean_shift.h"
#include "lib/stats/orthonormal_basis.h"

namespace tcpstep {

Creep find_creep(std::span<const ContrastColumn> columns, double alpha, unsigned threads) {
  assert(!columns.empty() && columns.front().size() >= kFewestToSearch);
  const std::size_t count = columns.front().size();
  const std::size_t third = count / 3;
  SeriesRows rows(count, columns.size());
  for (std::size_t c = 0; c < columns.size(); ++c) {
    const ContrastColumn column = without_lone_outliers(columns[c]);
    for (std::size_t row = 0; row < count; ++row) {
      rows.at(row, c) = column[row];
    }
  }
  // What is left when a line with knees is taken out: a trend must not pass for noise.
  constexpr std::array kKnees{1.0 / 3, 0.5, 2.0 / 3};
  constexpr std::size_t kParameters = kKnees.size() + 2;
  std::vector<ContrastColumn> lines(kParameters, ContrastColumn(count, 1));
  for (std::size_t row = 0; row < count; ++row) {
    const double time = static_cast<double>(row) / static_cast<double>(count - 1);
    lines[1][row] = time;
    for (std::size_t knee = 0; knee < kKnees.size(); ++knee) {
      lines[knee + 2][row] = std::max(0.0, time - kKnees[knee]);
    }
  }
  const std::vector<ContrastColumn> basis = orthonormal_basis(lines);
  struct Rise {
    double shift;  // between the medians of the oldest and of the newest third
    double statistic;
    double correlation;
    ContrastColumn rest;
  };
  const auto rise_of = [&](const SeriesRows& series, std::size_t c) {
    ContrastColumn column(count);
    for (std::size_t row = 0; row < count; ++row) {
      column[row] = series.at(row, c);
    }
    Rise rise{.rest = column};
    for (const ContrastColumn& unit : basis) {
      const double part = std::inner_product(unit.begin(), unit.end(), rise.rest.begin(), 0.0);
      for (std::size_t row = 0; row < count; ++row) {
        rise.rest[row] -= part * unit[row];
      }
    }
    rise.correlation = correlation_of(rise.rest, kParameters);
    const double squares =
        std::inner_product(rise.rest.begin(), rise.rest.end(), rise.rest.begin(), 0.0);
    const double deviation = std::sqrt(squares / static_cast<double>(count - kParameters) *
                                       (1 + rise.correlation) / (1 - rise.correlation)) +
                             kTiny;
    const auto end = [&](std::size_t rows_from) {
      return column.begin() + static_cast<std::ptrdiff_t>(rows_from);
    };
    rise.shift =
        median_of({end(count - third), column.end()}) - median_of({column.begin(), end(third)});
    rise.statistic = std::abs(rise.shift) * std::sqrt(static_cast<double>(third) / 2) / deviation;
    return rise;
  };
  Creep creep{.third = third};
  SeriesRows residuals = rows;
  std::vector<double> correlations;
  std::vector<double> statistics;
  for (std::size_t c = 0; c < columns.size(); ++c) {
    const Rise rise = rise_of(rows, c);
    for (std::size_t row = 0; row < count; ++row) {
      residuals.at(row, c) = rise.rest[row];
    }
    creep.shift.push_back(rise.shift);
    correlations.push_back(rise.correlation);
    statistics.push_back(rise.statistic);
  }
  const std::vector<double> law = bootstrap_law(
      residuals, correlations, std::max(kFewestDraws, static_cast<std::size_t>(4 / alpha)),
      *std::max_element(statistics.begin(), statistics.end()), threads,
      [&](const SeriesRows& draw) {
        double most = 0;
        for (std::size_t c = 0; c < draw.columns; ++c) {
          most = std::max(most, rise_of(draw, c).statistic);
        }
        return most;
      });
  for (const double statistic : statistics) {
    creep.p.push_back(p_value(law, statistic));
  }
  return creep;
}

}  // namespace tcpstep
