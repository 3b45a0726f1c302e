#include "lib/stats/change_points.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <iterator>
#include <limits>
#include <optional>
#include <utility>

#include "lib/stats/estimators.h"
#include "lib/stats/mean_shift.h"

namespace tcpstep {
namespace {

constexpr double kStray = 4;                   // standard deviations: farther out than noise
constexpr std::ptrdiff_t kRowsPerStray = 100;  // of which one may lie where a new level is
constexpr double kConfidence = 0.95;
constexpr double kWhole = 4.0 / 3;   // p of the whole is multiplied by it,
constexpr double kHalves = 12;       // and that of each half
constexpr double kDrawsAbove = 1.1;  // 1, and rounding
constexpr double kNever = std::numeric_limits<double>::infinity();

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
  SeriesRows rows(end - begin, 1);
  for (std::size_t row = begin; row < end; ++row) {
    rows.at(row - begin, 0) = column[row];
  }
  const MeanShift split = split_at(rows, 0, first - begin);
  const double shift = median_difference({at(begin), at(first)}, {at(first), at(end)});
  const double independent = static_cast<double>(rows.count) * (1 - split.correlation) /
                             (1 + split.correlation);  // rows that correlation leaves
  const double reach = student_t_quantile((1 + kConfidence) / 2, std::max(1.0, independent - 2)) *
                       split.deviation / span_weight(first - begin, rows.count);
  return {.shift = shift, .low = shift - reach, .high = shift + reach, .p = p};
}

class Search {
 public:
  Search(std::span<const ContrastColumn> columns, std::span<const double> least, double alpha,
         unsigned threads)
      : measured_(columns), least_(least), alpha_(alpha), threads_(threads) {
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

  // One that was found but is not a change of level; none: the end.
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
  // rows lies; otherwise the oldest, and no outlier of the segment after it. A host with modes
  // alternates between them.
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
    std::optional<Found> found = change_in(begin, end, kWhole);
    for (std::size_t quarter = 0; quarter < 3 && !found && count / 2 >= kFewestToSearch;
         ++quarter) {
      const std::size_t from = begin + quarter * count / 4;
      found = change_in(from, quarter == 2 ? end : from + count / 2, kHalves);
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
    SeriesRows rows(end - begin, columns_.size());
    std::vector<MeanShift> best;
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      for (std::size_t row = begin; row < end; ++row) {
        rows.at(row - begin, c) = columns_[c][row];
      }
      best.push_back(best_split(rows, c));
    }
    const MeanShift& largest = *std::max_element(
        best.begin(), best.end(),
        [](const MeanShift& a, const MeanShift& b) { return a.statistic < b.statistic; });
    const bool is_newest = end == columns_.front().size() && result_.visible.empty();
    // So many that one reaches what p has to be by chance. What would be visible takes them all.
    const std::size_t draws =
        std::max(kFewestDraws, static_cast<std::size_t>(kDrawsAbove * tests / alpha_));
    const std::vector<double> null =
        null_law(rows, best, draws, is_newest ? kNever : largest.statistic, threads_);
    const std::size_t place = largest.first;
    Found found{.first = begin + place, .p = {}};
    std::vector<ColumnChange> changes;
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      const double p = p_value(null, split_at(rows, c, place).statistic);
      found.p.push_back(std::min(1.0, tests * p));
      changes.push_back(change_of(columns_[c], begin, found.first, end, found.p.back()));
    }
    if (counts(changes)) {
      return found;
    }
    if (is_newest) {  // as a whole
      const auto critical =
          static_cast<std::size_t>((1 - alpha_ / tests) * static_cast<double>(draws + 1));
      for (std::size_t c = 0; c < columns_.size(); ++c) {
        result_.visible.push_back(
            std::max(least_[c], null[std::min(critical, draws - 1)] * best[c].deviation /
                                    span_weight(kFewestInSegment, rows.count)));
      }
    }
    return std::nullopt;
  }

  std::span<const ContrastColumn> measured_;
  std::vector<ContrastColumn> columns_;  // without lone outliers
  std::span<const double> least_;
  double alpha_;
  unsigned threads_;
  std::vector<Found> found_;
  ChangeSearch result_;
};

}  // namespace

ChangeSearch find_changes(std::span<const ContrastColumn> columns, std::span<const double> least,
                          double alpha, unsigned threads) {
  assert(!columns.empty() && columns.size() == least.size());
  return Search(columns, least, alpha, threads).run();
}

}  // namespace tcpstep
