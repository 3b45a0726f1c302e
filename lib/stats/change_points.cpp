#include "lib/stats/change_points.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <iterator>
#include <limits>
#include <optional>
#include <random>
#include <utility>

#include "lib/stats/ranks.h"
#include "lib/stats/student_t.h"

namespace tcpstep {
namespace {

constexpr std::size_t kDraws = 1999;
constexpr std::size_t kEnoughAbove = 50;       // draws: the rest cannot make p small
constexpr double kStray = 4;                   // standard deviations: farther out than noise
constexpr std::ptrdiff_t kRowsPerStray = 100;  // of which one may lie where a new level is
constexpr std::size_t kBurnIn = 10;            // rows of a draw until its start is forgotten
constexpr double kMostCorrelation = 0.95;      // of neighbouring rows
constexpr double kCaution = 2;                 // standard errors that the null law is coloured more
constexpr double kMostInnovation = 3;          // standard deviations
constexpr double kOutlier = 3;                 // standard deviations
constexpr double kNormalMad = 1.4826;          // standard deviations in a median absolute deviation
constexpr double kTiny = 1e-9;                 // of a logarithm: far below any timer
constexpr double kConfidence = 0.95;
constexpr double kNever = std::numeric_limits<double>::infinity();

// Columns of one length, row by row.
struct Rows {
  std::size_t count = 0;
  std::size_t columns = 0;
  std::vector<double> values;

  Rows(std::size_t rows, std::size_t width) : count(rows), columns(width), values(rows * width) {}
  double& at(std::size_t row, std::size_t column) { return values[row * columns + column]; }
  [[nodiscard]] double at(std::size_t row, std::size_t column) const {
    return values[row * columns + column];
  }
};

// What a split of one column leaves.
struct Split {
  std::size_t first = 0;   // row of the second part
  double statistic = 0;    // |difference of means| sqrt(n1 n2 / n) / long-run deviation
  double correlation = 0;  // of neighbouring residuals, corrected for its bias in short series
  double deviation = 0;    // long-run, of the residuals
  double mean_before = 0;
  double mean_after = 0;
};

double span_weight(std::size_t before, std::size_t count) {
  const auto n1 = static_cast<double>(before);
  const auto n = static_cast<double>(count);
  return std::sqrt(n1 * (n - n1) / n);
}

// The residuals around both means of a column that is split before row `first`.
Split split_at(const Rows& rows, std::size_t column, std::size_t first) {
  const std::size_t count = rows.count;
  Split split{.first = first};
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

// The best place to split a column.
Split best_split(const Rows& rows, std::size_t column) {
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

// The largest statistic over all columns of each draw, ascending. No more are drawn when enough of
// them reach `statistic` (Besag & Clifford, Biometrika 78 (1991) 301).
std::vector<double> null_law(const Rows& rows, const std::vector<Split>& splits, double statistic) {
  const std::size_t width = rows.columns;
  const auto n = static_cast<double>(rows.count);
  Rows innovations(rows.count - 1, width);
  std::vector<double> colour(width);
  for (std::size_t c = 0; c < width; ++c) {
    const Split& split = splits[c];
    const double r = split.correlation;
    colour[c] = std::min(r + kCaution * std::sqrt((1 - r * r) / n), kMostCorrelation);
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
  std::mt19937_64 random(1);  // its numbers are the standard's
  std::vector<double> largest;
  Rows draw(rows.count, width);
  std::vector<double> level(width);
  for (std::size_t above = 0; largest.size() < kDraws && above < kEnoughAbove;) {
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

// Pulls values beyond 3 robust deviations from the median of their neighbourhood back to it.
ContrastColumn without_lone_outliers(const ContrastColumn& column) {
  constexpr std::ptrdiff_t kReach = 2;
  if (column.size() < 2) {
    return column;
  }
  std::vector<double> steps;
  for (std::size_t row = 1; row < column.size(); ++row) {
    steps.push_back(std::abs(column[row] - column[row - 1]));
  }
  const double deviation = kNormalMad * median_of(steps) / std::sqrt(2.0) + kTiny;
  ContrastColumn result = column;
  const auto last = static_cast<std::ptrdiff_t>(column.size()) - 1;
  for (std::ptrdiff_t row = 0; row <= last; ++row) {
    std::vector<double> around;
    for (std::ptrdiff_t place = row - kReach; place <= row + kReach; ++place) {
      around.push_back(
          column[static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(place, 0, last))]);
    }
    const double middle = median_of(around);
    double& value = result[static_cast<std::size_t>(row)];
    if (std::abs(value - middle) > kOutlier * deviation) {
      value = middle;
    }
  }
  return result;
}

// The median of all differences after - before (Hodges & Lehmann, Annals of Mathematical Statistics
// 34 (1963) 598), by bisection: a history may have millions of pairs.
double median_difference(std::vector<double> before, std::vector<double> after) {
  constexpr int kBisections = 60;
  std::sort(before.begin(), before.end());
  std::sort(after.begin(), after.end());
  const std::size_t half = before.size() * after.size() / 2;
  double low = after.front() - before.back();
  double high = after.back() - before.front();
  for (int i = 0; i < kBisections; ++i) {
    const double middle = (low + high) / 2;
    std::size_t smaller = 0;  // differences below `middle`
    std::size_t reach = 0;
    for (const double value : before) {
      while (reach < after.size() && after[reach] - value < middle) {
        ++reach;
      }
      smaller += reach;
    }
    (smaller > half ? high : low) = middle;
  }
  return (low + high) / 2;
}

// The change of a column between two segments, with Student's interval of the long-run deviation.
ColumnChange change_of(const ContrastColumn& column, std::size_t begin, std::size_t first,
                       std::size_t end, double p) {
  const auto at = [&](std::size_t row) {
    return column.begin() + static_cast<std::ptrdiff_t>(row);
  };
  Rows rows(end - begin, 1);
  std::copy(at(begin), at(end), rows.values.begin());
  const Split split = split_at(rows, 0, first - begin);
  const double shift = median_difference({at(begin), at(first)}, {at(first), at(end)});
  const double independent = static_cast<double>(rows.count) * (1 - split.correlation) /
                             (1 + split.correlation);  // rows that correlation leaves
  const double reach = student_t_quantile((1 + kConfidence) / 2, std::max(1.0, independent - 2)) *
                       split.deviation / span_weight(first - begin, rows.count);
  return {.shift = shift, .low = shift - reach, .high = shift + reach, .p = p};
}

class Search {
 public:
  Search(std::span<const ContrastColumn> columns, std::span<const double> least, double alpha)
      : measured_(columns), least_(least), alpha_(alpha) {
    for (const ContrastColumn& column : columns) {
      columns_.push_back(without_lone_outliers(column));
    }
  }

  ChangeSearch run() {
    search(0, rows());
    for (auto drop = unfounded(); drop != found_.end(); drop = unfounded()) {
      found_.erase(drop);
    }
    for (auto found = found_.cbegin(); found != found_.end(); ++found) {
      result_.changes.push_back({.first = found->first, .columns = change_at(found)});
    }
    return std::move(result_);
  }

 private:
  struct Found {
    std::size_t first;
    std::vector<double> p;  // of each column
  };

  using Place = std::vector<Found>::const_iterator;

  [[nodiscard]] std::size_t rows() const { return columns_.front().size(); }

  [[nodiscard]] bool moved(const ColumnChange& change, std::size_t column) const {
    return change.p <= alpha_ && std::abs(change.shift) >= least_[column];
  }

  // True if some column moved by enough, and not by chance.
  [[nodiscard]] bool counts(const std::vector<ColumnChange>& columns) const {
    for (std::size_t c = 0; c < columns.size(); ++c) {
      if (moved(columns[c], c)) {
        return true;
      }
    }
    return false;
  }

  // The segments beside one that was found.
  [[nodiscard]] std::size_t begin_before(Place found) const {
    return found == found_.begin() ? 0 : std::prev(found)->first;
  }
  [[nodiscard]] std::size_t end_after(Place found) const {
    return std::next(found) == found_.end() ? rows() : std::next(found)->first;
  }

  // Between the segments before and after one that was found.
  [[nodiscard]] std::vector<ColumnChange> change_at(Place found) const {
    std::vector<ColumnChange> columns;
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      columns.push_back(
          change_of(columns_[c], begin_before(found), found->first, end_after(found), found->p[c]));
    }
    return columns;
  }

  // One that was found but is no change of level; none: the end.
  [[nodiscard]] Place unfounded() const {
    // A part of the series may have shown more than there is between the segments that remain.
    for (auto found = found_.cbegin(); found != found_.end(); ++found) {
      if (!counts(change_at(found))) {
        return found;
      }
    }
    for (auto found = found_.cbegin(); found != found_.end(); ++found) {
      if (const auto next = std::next(found);
          next != found_.end() && next->first - found->first < kLasting) {
        if (const auto smaller = returning(found, next); smaller != found_.end()) {
          return smaller;
        }
      }
    }
    if (!found_.empty()) {
      if (rows() - found_.back().first < kLastingAgain && rises(std::prev(found_.end())) &&
          !is_new_level(std::prev(found_.end()), true)) {
        return std::prev(found_.end());
      }
      if (found_.front().first < kLastingAgain && !is_new_level(found_.begin(), false)) {
        return found_.begin();
      }
    }
    return found_.end();
  }

  // The smaller one of two that some column takes to and fro.
  [[nodiscard]] Place returning(Place found, Place next) const {
    const std::vector<ColumnChange> to = change_at(found);
    const std::vector<ColumnChange> fro = change_at(next);
    for (std::size_t c = 0; c < to.size(); ++c) {
      if (moved(to[c], c) && moved(fro[c], c) && to[c].shift * fro[c].shift < 0) {
        return std::abs(to[c].shift) < std::abs(fro[c].shift) ? found : next;
      }
    }
    return found_.end();
  }

  [[nodiscard]] bool rises(Place found) const {
    const std::vector<ColumnChange> changes = change_at(found);
    for (std::size_t c = 0; c < changes.size(); ++c) {
      if (moved(changes[c], c) && changes[c].shift > 0) {
        return true;
      }
    }
    return false;
  }

  // True if the newest segment has a level in a column that moved at which no outlier of the older
  // rows lies; otherwise the oldest, and no outlier of the segment after it. A host with modes is
  // in one of them by turns.
  [[nodiscard]] bool is_new_level(Place found, bool is_newest) const {
    const std::vector<ColumnChange> changes = change_at(found);
    for (std::size_t c = 0; c < changes.size(); ++c) {
      if (moved(changes[c], c) && !was_there(c, found, is_newest)) {
        return true;
      }
    }
    return false;
  }

  [[nodiscard]] bool was_there(std::size_t c, Place found, bool is_newest) const {
    const auto between = [&](std::size_t begin, std::size_t end) {
      return ContrastColumn{measured_[c].begin() + static_cast<std::ptrdiff_t>(begin),
                            measured_[c].begin() + static_cast<std::ptrdiff_t>(end)};
    };
    ContrastColumn own = between(begin_before(found), found->first);
    ContrastColumn beside = between(found->first, end_after(found));
    if (is_newest) {
      std::swap(own, beside);
    }
    const ContrastColumn others = is_newest ? between(0, found->first) : beside;
    const double level = median_of(own);
    const double usual = median_of(beside);
    for (double& value : beside) {
      value = std::abs(value - usual);
    }
    const double spread = kStray * kNormalMad * median_of(beside);
    const double reach = std::abs(level - usual) / 2;
    const auto strays = std::count_if(others.begin(), others.end(), [&](double value) {
      return std::abs(value - level) <= reach && std::abs(value - usual) > spread;
    });
    return strays > std::ssize(others) / kRowsPerStray;
  }

  // The whole with three quarters of alpha. A level that came and went hides there behind its own
  // residuals: then three halves that overlap, with the last quarter of alpha.
  void search(std::size_t begin, std::size_t end) {
    const std::size_t count = end - begin;
    if (count < kFewestToSearch) {
      return;
    }
    std::optional<Found> found = change_in(begin, end, 4.0 / 3);
    for (std::size_t quarter = 0; quarter < 3 && !found && count / 2 >= kFewestToSearch;
         ++quarter) {
      const std::size_t from = begin + quarter * count / 4;
      found = change_in(from, quarter == 2 ? end : from + count / 2, 12);
    }
    if (found) {
      result_.visible.clear();  // it was that of a longer segment
      search(begin, found->first);
      found_.push_back(*found);
      search(found->first, end);
    }
  }

  // A change between these rows, if there is one; p is multiplied by `tests`.
  std::optional<Found> change_in(std::size_t begin, std::size_t end, double tests) {
    Rows rows(end - begin, columns_.size());
    std::vector<Split> best;
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      for (std::size_t row = begin; row < end; ++row) {
        rows.at(row - begin, c) = columns_[c][row];
      }
      best.push_back(best_split(rows, c));
    }
    const Split& largest =
        *std::max_element(best.begin(), best.end(),
                          [](const Split& a, const Split& b) { return a.statistic < b.statistic; });
    const bool is_newest = end == columns_.front().size() && result_.visible.empty();
    // What would be visible takes the whole law.
    const std::vector<double> null = null_law(rows, best, is_newest ? kNever : largest.statistic);
    const std::size_t place = largest.first;
    Found found{.first = begin + place, .p = {}};
    std::vector<ColumnChange> changes;
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      const double statistic = split_at(rows, c, place).statistic;
      const auto below = std::lower_bound(null.begin(), null.end(), statistic) - null.begin();
      const double p = static_cast<double>(1 + std::ssize(null) - below) /
                       static_cast<double>(1 + std::ssize(null));
      found.p.push_back(std::min(1.0, tests * p));
      changes.push_back(change_of(columns_[c], begin, found.first, end, found.p.back()));
    }
    if (counts(changes)) {
      return found;
    }
    if (is_newest) {  // as a whole
      const auto critical = static_cast<std::size_t>((1 - alpha_ / tests) * (kDraws + 1));
      for (std::size_t c = 0; c < columns_.size(); ++c) {
        result_.visible.push_back(
            std::max(least_[c], null[std::min(critical, kDraws - 1)] * best[c].deviation /
                                    span_weight(kFewestInSegment, rows.count)));
      }
    }
    return std::nullopt;
  }

  std::span<const ContrastColumn> measured_;
  std::vector<ContrastColumn> columns_;  // without lone outliers
  std::span<const double> least_;
  double alpha_;
  std::vector<Found> found_;
  ChangeSearch result_;
};

}  // namespace

ChangeSearch find_changes(std::span<const ContrastColumn> columns, std::span<const double> least,
                          double alpha) {
  assert(!columns.empty() && columns.size() == least.size());
  return Search(columns, least, alpha).run();
}

}  // namespace tcpstep
