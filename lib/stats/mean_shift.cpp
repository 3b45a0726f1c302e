#include "lib/stats/mean_shift.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "lib/stats/change_points.h"

namespace tcpstep {
namespace {

constexpr std::size_t kEnoughAbove = 50;   // draws: the rest cannot make p small
constexpr std::size_t kBurnIn = 10;        // rows of a draw until its start is forgotten
constexpr double kMostCorrelation = 0.95;  // of neighbouring rows
constexpr double kCaution = 2;             // standard errors that the null law is coloured more
constexpr double kMostInnovation = 3;      // standard deviations
constexpr double kTiny = 1e-9;             // of a logarithm: far below any timer

}  // namespace

double span_weight(std::size_t before, std::size_t count) {
  const auto n1 = static_cast<double>(before);
  const auto n = static_cast<double>(count);
  return std::sqrt(n1 * (n - n1) / n);
}

MeanShift split_at(const SeriesRows& rows, std::size_t column, std::size_t first) {
  const std::size_t count = rows.count;
  MeanShift split{.first = first};
  for (std::size_t row = 0; row < count; ++row) {
    (row < first ? split.mean_before : split.mean_after) += rows.at(row, column);
  }
  split.mean_before /= static_cast<double>(first);
  split.mean_after /= static_cast<double>(count - first);
  double squares = 0;
  double neighbours = 0;
  double last = 0;
  for (std::size_t row = 0; row < count; ++row) {
    const double rest = rows.at(row, column) - (row < first ? split.mean_before : split.mean_after);
    squares += rest * rest;
    neighbours += rest * last;
    last = rest;
  }
  const auto n = static_cast<double>(count);
  const double raw = neighbours / (squares + kTiny * kTiny);
  // The bias of the estimate (Marriott & Pope, Biometrika 41 (1954) 390).
  split.correlation = std::clamp(raw + (2 + 4 * raw) / n, 0.0, kMostCorrelation);
  split.deviation =
      std::sqrt(squares / (n - 2) * (1 + split.correlation) / (1 - split.correlation)) + kTiny;
  split.statistic =
      std::abs(split.mean_after - split.mean_before) * span_weight(first, count) / split.deviation;
  return split;
}

MeanShift best_split(const SeriesRows& rows, std::size_t column) {
  double total = 0;
  for (std::size_t row = 0; row < rows.count; ++row) {
    total += rows.at(row, column);
  }
  const auto n = static_cast<double>(rows.count);
  double sum = 0;
  double most = -1;
  std::size_t first = kFewestInSegment;
  for (std::size_t row = 0; row + kFewestInSegment < rows.count; ++row) {
    sum += rows.at(row, column);
    const std::size_t before = row + 1;
    const double distance =
        std::abs(sum - static_cast<double>(before) / n * total) / span_weight(before, rows.count);
    if (before >= kFewestInSegment && distance > most) {
      most = distance;
      first = before;
    }
  }
  return split_at(rows, column, first);
}

namespace {

// The AR(1) process of each column, and what drives it.
struct Sieve {
  std::vector<double> colour;
  SeriesRows innovations;
};

Sieve sieve_of(const SeriesRows& rows, const std::vector<MeanShift>& splits) {
  const auto n = static_cast<double>(rows.count);
  Sieve sieve{.colour = std::vector<double>(rows.columns),
              .innovations = SeriesRows(rows.count - 1, rows.columns)};
  SeriesRows& innovations = sieve.innovations;
  for (std::size_t c = 0; c < rows.columns; ++c) {
    const MeanShift& split = splits[c];
    const double r = split.correlation;
    sieve.colour[c] = std::min(r + kCaution * std::sqrt((1 - r * r) / n), kMostCorrelation);
    const auto rest = [&](std::size_t row) {
      return rows.at(row, c) - (row < split.first ? split.mean_before : split.mean_after);
    };
    double mean = 0;
    for (std::size_t row = 1; row < rows.count; ++row) {
      innovations.at(row - 1, c) = rest(row) - r * rest(row - 1);
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

std::vector<double> null_law(const SeriesRows& rows, const std::vector<MeanShift>& splits,
                             double statistic) {
  const std::size_t width = rows.columns;
  const auto [colour, innovations] = sieve_of(rows, splits);
  std::mt19937_64 random(1);  // its numbers are the standard's
  std::vector<double> largest;
  SeriesRows draw(rows.count, width);
  std::vector<double> level(width);
  for (std::size_t above = 0; largest.size() < kNullDraws && above < kEnoughAbove;) {
    std::fill(level.begin(), level.end(), 0.0);
    for (std::size_t row = 0; row < rows.count + kBurnIn; ++row) {
      const std::size_t from = random() % innovations.count;
      for (std::size_t c = 0; c < width; ++c) {
        level[c] = colour[c] * level[c] + innovations.at(from, c);
        if (row >= kBurnIn) {
          draw.at(row - kBurnIn, c) = level[c];
        }
      }
    }
    double most = 0;
    for (std::size_t c = 0; c < width; ++c) {
      most = std::max(most, best_split(draw, c).statistic);
    }
    largest.push_back(most);
    above += most >= statistic ? 1U : 0U;
  }
  std::sort(largest.begin(), largest.end());
  return largest;
}

}  // namespace tcpstep
