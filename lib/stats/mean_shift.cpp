#include "lib/stats/mean_shift.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <mutex>
#include <optional>
#include <random>

#include "lib/base/side_by_side.h"
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

namespace {

// Of the sums over the residuals' squares, and over the products of neighbours.
double correlation_from(double squares, double neighbours, double count, double parameters) {
  const double raw = neighbours / (squares + kTiny * kTiny);
  const double bias = 2 + 4 * raw + (parameters - 1) * (1 + raw);
  return std::clamp(raw + bias / count, 0.0, kMostCorrelation);
}

}  // namespace

double correlation_of(std::span<const double> residuals, double parameters) {
  double squares = 0;
  double neighbours = 0;
  double last = 0;
  for (const double rest : residuals) {
    squares += rest * rest;
    neighbours += rest * last;
    last = rest;
  }
  return correlation_from(squares, neighbours, static_cast<double>(residuals.size()), parameters);
}

namespace {

constexpr std::size_t kLanes = SeriesRows::kLanes;

// Where a column is split, and the sums of both parts.
struct Cut {
  std::size_t first = 0;
  double before = 0;
  double after = 0;
};
using Cuts = std::array<Cut, kLanes>;
using MeanShifts = std::array<MeanShift, kLanes>;

// Of kLanes columns from `column` on.
MeanShifts shifts_at(const SeriesRows& rows, std::size_t column, const Cuts& cuts) {
  MeanShifts shifts;
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    const Cut& cut = cuts[lane];
    shifts[lane].first = cut.first;
    shifts[lane].mean_before = cut.before / static_cast<double>(cut.first);
    shifts[lane].mean_after = cut.after / static_cast<double>(rows.count - cut.first);
  }
  std::array<double, kLanes> squares{};
  std::array<double, kLanes> neighbours{};
  std::array<double, kLanes> last{};
  for (std::size_t row = 0; row < rows.count; ++row) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const MeanShift& shift = shifts[lane];
      const double rest =
          rows.at(row, column + lane) - (row < shift.first ? shift.mean_before : shift.mean_after);
      squares[lane] += rest * rest;
      neighbours[lane] += rest * last[lane];
      last[lane] = rest;
    }
  }
  const auto n = static_cast<double>(rows.count);
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    MeanShift& shift = shifts[lane];
    shift.correlation = correlation_from(squares[lane], neighbours[lane], n, 1);
    shift.deviation =
        std::sqrt(squares[lane] / (n - 2) * (1 + shift.correlation) / (1 - shift.correlation)) +
        kTiny;
    shift.statistic = std::abs(shift.mean_after - shift.mean_before) *
                      span_weight(shift.first, rows.count) / shift.deviation;
  }
  return shifts;
}

// Every place to split that many rows at, by how many are before it.
struct Places {
  std::vector<double> weight;  // 1 / span_weight()
  std::vector<double> share;   // of the rows before

  explicit Places(std::size_t count) : weight(count), share(count) {
    for (std::size_t before = 1; before < count; ++before) {
      weight[before] = 1 / span_weight(before, count);
      share[before] = static_cast<double>(before) / static_cast<double>(count);
    }
  }
};

// Of kLanes columns from `column` on.
MeanShifts best_splits(const SeriesRows& rows, std::size_t column, const Places& places) {
  std::array<double, kLanes> total{};
  for (std::size_t row = 0; row < rows.count; ++row) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      total[lane] += rows.at(row, column + lane);
    }
  }
  std::array<double, kLanes> sum{};
  std::array<double, kLanes> most{-1, -1, -1, -1};
  Cuts cuts;
  for (std::size_t before = 1; before + kFewestInSegment <= rows.count; ++before) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      sum[lane] += rows.at(before - 1, column + lane);
    }
    if (before < kFewestInSegment) {
      continue;
    }
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const double distance =
          std::abs(sum[lane] - places.share[before] * total[lane]) * places.weight[before];
      if (distance > most[lane]) {
        most[lane] = distance;
        cuts[lane] = {.first = before, .before = sum[lane], .after = total[lane] - sum[lane]};
      }
    }
  }
  return shifts_at(rows, column, cuts);
}

}  // namespace

MeanShift split_at(const SeriesRows& rows, std::size_t column, std::size_t first) {
  const std::size_t lane = column % kLanes;
  Cuts cuts;
  cuts.fill({.first = first});
  for (std::size_t row = 0; row < rows.count; ++row) {
    (row < first ? cuts[lane].before : cuts[lane].after) += rows.at(row, column);
  }
  return shifts_at(rows, column - lane, cuts)[lane];
}

MeanShift best_split(const SeriesRows& rows, std::size_t column) {
  const std::size_t lane = column % kLanes;
  return best_splits(rows, column - lane, Places(rows.count))[lane];
}

namespace {

// The AR(1) process of each column, and what drives it.
struct Sieve {
  std::vector<double> colour;  // 0 of the columns of zeros
  SeriesRows innovations;
};

Sieve sieve_of(const SeriesRows& residuals, const std::vector<double>& correlations) {
  const auto n = static_cast<double>(residuals.count);
  Sieve sieve{.colour = std::vector<double>(residuals.width),
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

// The rows that each draw takes, for threads that share the draws.
class Draws {
 public:
  Draws(std::size_t most, std::size_t length, std::size_t rows)
      : most_(most), length_(length), rows_(rows) {}

  // The number of the next draw and its rows; nothing if there are enough.
  std::optional<std::size_t> next(std::vector<std::size_t>& rows) {
    const std::lock_guard lock(mutex_);
    if (begun_ == most_ || above_ >= kEnoughAbove) {
      return std::nullopt;
    }
    rows.resize(length_);
    for (std::size_t& row : rows) {
      row = random_() % rows_;
    }
    return begun_++;
  }
  void count_above() {
    const std::lock_guard lock(mutex_);
    ++above_;
  }
  [[nodiscard]] std::size_t begun() const { return begun_; }

 private:
  std::size_t most_;
  std::size_t length_;         // of a draw
  std::size_t rows_;           // to choose from
  std::mutex mutex_;           // of what follows
  std::mt19937_64 random_{1};  // the standard defines its numbers
  std::size_t begun_ = 0;
  std::size_t above_ = 0;
};

// The AR(1) process that these innovations drive.
void colour_rows(const Sieve& sieve, const std::vector<std::size_t>& rows, SeriesRows& draw) {
  const std::size_t width = draw.width;
  std::vector<double> level(width);
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const std::size_t to = row - std::min(row, kBurnIn);  // the first rows are written over
    for (std::size_t c = 0; c < width; ++c) {
      level[c] = sieve.colour[c] * level[c] + sieve.innovations.at(rows[row], c);
      draw.at(to, c) = level[c];
    }
  }
}

}  // namespace

std::vector<double> bootstrap_law(const SeriesRows& residuals,
                                  const std::vector<double>& correlations, std::size_t draws,
                                  double observed, unsigned threads,
                                  const std::function<double(const SeriesRows&)>& statistic) {
  const Sieve sieve = sieve_of(residuals, correlations);
  Draws shared(draws, residuals.count + kBurnIn, sieve.innovations.count);
  std::vector<double> law(draws);
  side_by_side(threads, threads, [&](std::size_t) {
    SeriesRows draw(residuals.count, residuals.columns);
    std::vector<std::size_t> rows;
    while (const auto number = shared.next(rows)) {
      colour_rows(sieve, rows, draw);
      law[*number] = statistic(draw);
      if (law[*number] >= observed) {
        shared.count_above();
      }
    }
  });
  law.resize(shared.begun());
  // Threads may have begun more than were needed.
  std::size_t above = 0;
  const auto last = std::find_if(law.begin(), law.end(), [&](double value) {
    above += value >= observed ? 1U : 0U;
    return above == kEnoughAbove;
  });
  law.erase(last == law.end() ? last : last + 1, law.end());
  std::sort(law.begin(), law.end());
  return law;
}

std::vector<double> null_law(const SeriesRows& rows, const std::vector<MeanShift>& splits,
                             std::size_t draws, double observed, unsigned threads) {
  SeriesRows residuals = rows;
  std::vector<double> correlations;
  for (std::size_t c = 0; c < rows.columns; ++c) {
    for (std::size_t row = 0; row < rows.count; ++row) {
      residuals.at(row, c) -= row < splits[c].first ? splits[c].mean_before : splits[c].mean_after;
    }
    correlations.push_back(splits[c].correlation);
  }
  const Places places(rows.count);
  return bootstrap_law(residuals, correlations, draws, observed, threads,
                       [&](const SeriesRows& draw) {
                         double most = 0;
                         for (std::size_t column = 0; column < draw.width; column += kLanes) {
                           for (const MeanShift& split : best_splits(draw, column, places)) {
                             most = std::max(most, split.statistic);
                           }
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
