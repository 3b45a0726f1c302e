#include "lib/stats/mean_shift.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "lib/stats/change_points.h"
#include "lib/stats/estimators.h"

namespace tcpstep {
namespace {

constexpr std::size_t kEnoughAbove = 50;   // draws: the rest cannot make p small
constexpr std::size_t kBurnIn = 10;        // rows of a draw until its start is forgotten
constexpr double kMostCorrelation = 0.95;  // of neighbouring rows
constexpr double kCaution = 2;             // standard errors that the null law is coloured more
constexpr double kMostInnovation = 3;      // standard deviations

}  // namespace

double span_weight(std::size_t before, std::size_t count) {
  const auto n1 = static_cast<double>(before);
  const auto n = static_cast<double>(count);
  return std::sqrt(n1 * (n - n1) / n);
}

double correlation_of(std::span<const double> residuals, double parameters) {
  double squares = kTiny * kTiny;
  double neighbours = 0;
  double last = 0;
  for (const double rest : residuals) {
    squares += rest * rest;
    neighbours += rest * last;
    last = rest;
  }
  const double raw = neighbours / squares;
  const double bias = 2 + 4 * raw + (parameters - 1) * (1 + raw);
  return std::clamp(raw + bias / static_cast<double>(residuals.size()), 0.0, kMostCorrelation);
}

MeanShift split_at(const SeriesRows& rows, std::size_t column, std::size_t first) {
  const std::size_t count = rows.count;
  MeanShift split{.first = first};
  for (std::size_t row = 0; row < count; ++row) {
    (row < first ? split.mean_before : split.mean_after) += rows.at(row, column);
  }
  split.mean_before /= static_cast<double>(first);
  split.mean_after /= static_cast<double>(count - first);
  std::vector<double> rest(count);
  double squares = 0;
  for (std::size_t row = 0; row < count; ++row) {
    rest[row] = rows.at(row, column) - (row < first ? split.mean_before : split.mean_after);
    squares += rest[row] * rest[row];
  }
  const auto n = static_cast<double>(count);
  split.correlation = correlation_of(rest, 1);
  split.deviation =
      std::sqrt(squares / (n - 2) * (1 + split.correlation) / (1 - split.correlation)) + kTiny;
  split.statistic =
      std::abs(split.mean_after - split.mean_before) * span_weight(first, count) / split.deviation;
  return split;
}

namespace {

// Every place to split that many rows at, by how many are before it.
struct Places {
  std::vector<double> weight;  // span_weight()
  std::vector<double> share;   // of the rows before

  explicit Places(std::size_t count) : weight(count), share(count) {
    for (std::size_t before = 1; before < count; ++before) {
      weight[before] = span_weight(before, count);
      share[before] = static_cast<double>(before) / static_cast<double>(count);
    }
  }
};

MeanShift best_split(const SeriesRows& rows, std::size_t column, const Places& places) {
  double total = 0;
  for (std::size_t row = 0; row < rows.count; ++row) {
    total += rows.at(row, column);
  }
  double sum = 0;
  double most = -1;
  std::size_t first = kFewestInSegment;
  for (std::size_t before = 1; before + kFewestInSegment <= rows.count; ++before) {
    sum += rows.at(before - 1, column);
    if (before < kFewestInSegment) {
      continue;
    }
    const double distance = std::abs(sum - places.share[before] * total) / places.weight[before];
    if (distance > most) {
      most = distance;
      first = before;
    }
  }
  return split_at(rows, column, first);
}

}  // namespace

MeanShift best_split(const SeriesRows& rows, std::size_t column) {
  return best_split(rows, column, Places(rows.count));
}

namespace {

// The AR(1) process of each column, and what drives it.
struct Sieve {
  std::vector<double> colour;
  SeriesRows innovations;
};

Sieve sieve_of(const SeriesRows& residuals, const std::vector<double>& correlations) {
  const auto n = static_cast<double>(residuals.count);
  Sieve sieve{.colour = std::vector<double>(residuals.columns),
              .innovations = SeriesRows(residuals.count - 1, residuals.columns)};
  SeriesRows& innovations = sieve.innovations;
  for (std::size_t c = 0; c < residuals.columns; ++c) {
    const double r = correlations[c];
    sieve.colour[c] = std::min(r + kCaution * std::sqrt((1 - r * r) / n), kMostCorrelation);
    double mean = 0;
    for (std::size_t row = 1; row < residuals.count; ++row) {
      innovations.at(row - 1, c) = residuals.at(row, c) - r * residuals.at(row - 1, c);
      mean += innovations.at(row - 1, c) / (n - 1);
    }
    double squares = 0;
    for (std::size_t row = 0; row < innovations.count; ++row) {
      squares += std::pow(innovations.at(row, c) - mean, 2);
    }
    const double deviation = std::sqrt(squares / (n - 1)) + kTiny * kTiny;
    mean = 0;
    for (std::size_t row = 0; row < innovations.count; ++row) {
      double& value = innovations.at(row, c);
      value = std::clamp(value / deviation, -kMostInnovation, kMostInnovation);
      mean += value / (n - 1);
    }
    for (std::size_t row = 0; row < innovations.count; ++row) {
      innovations.at(row, c) -= mean;
    }
  }
  return sieve;
}

}  // namespace

std::vector<double> bootstrap_law(const SeriesRows& residuals,
                                  const std::vector<double>& correlations, std::size_t draws,
                                  double observed,
                                  const std::function<double(const SeriesRows&)>& statistic) {
  const std::size_t width = residuals.columns;
  const auto [colour, innovations] = sieve_of(residuals, correlations);
  std::mt19937_64 random(1);  // the standard defines its numbers
  std::vector<double> law;
  SeriesRows draw(residuals.count, width);
  std::vector<double> level(width);
  for (std::size_t above = 0; law.size() < draws && above < kEnoughAbove;) {
    std::fill(level.begin(), level.end(), 0.0);
    for (std::size_t row = 0; row < residuals.count + kBurnIn; ++row) {
      const std::size_t from = random() % innovations.count;
      for (std::size_t c = 0; c < width; ++c) {
        level[c] = colour[c] * level[c] + innovations.at(from, c);
        if (row >= kBurnIn) {
          draw.at(row - kBurnIn, c) = level[c];
        }
      }
    }
    law.push_back(statistic(draw));
    above += law.back() >= observed ? 1U : 0U;
  }
  std::sort(law.begin(), law.end());
  return law;
}

std::vector<double> null_law(const SeriesRows& rows, const std::vector<MeanShift>& splits,
                             std::size_t draws, double observed) {
  SeriesRows residuals = rows;
  std::vector<double> correlations;
  for (std::size_t c = 0; c < rows.columns; ++c) {
    for (std::size_t row = 0; row < rows.count; ++row) {
      residuals.at(row, c) -= row < splits[c].first ? splits[c].mean_before : splits[c].mean_after;
    }
    correlations.push_back(splits[c].correlation);
  }
  const Places places(rows.count);
  return bootstrap_law(residuals, correlations, draws, observed, [&](const SeriesRows& draw) {
    double most = 0;
    for (std::size_t c = 0; c < draw.columns; ++c) {
      most = std::max(most, best_split(draw, c, places).statistic);
    }
    return most;
  });
}

double p_value(const std::vector<double>& law, double observed) {
  const auto below = std::lower_bound(law.begin(), law.end(), observed) - law.begin();
  return static_cast<double>(1 + std::ssize(law) - below) /
         static_cast<double>(1 + std::ssize(law));
}

}  // namespace tcpstep
