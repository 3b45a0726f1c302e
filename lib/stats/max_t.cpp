#include "lib/stats/max_t.h"

#include <algorithm>
#include <array>
#include <boost/random/normal_distribution.hpp>
#include <cassert>
#include <cmath>
#include <limits>
#include <optional>
#include <random>

#include "lib/stats/column_groups.h"
#include "lib/stats/estimators.h"
#include "lib/stats/orthonormal_basis.h"

namespace tcpstep {
namespace {

constexpr std::uint64_t kSeed = 1;
constexpr double kSmallestVariance = 1e-16;  // of a logarithm: far below any timer
constexpr double kTie = 1e-9;                // equal t that were summed in another order
constexpr int kBisections = 40;
constexpr double kMostEnumerated = 20'000;  // 10 + 10 interleaved runs have 6^5 labelings

double dot(const ContrastColumn& a, const ContrastColumn& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    sum += a[i] * b[i];
  }
  return sum;
}

// 1 + the number of draws that are at least `t`, over the number of draws + 1.
double adjusted_p(const std::vector<double>& largest, double t) {
  const auto below = std::lower_bound(largest.begin(), largest.end(), t - kTie) - largest.begin();
  return static_cast<double>(1 + static_cast<std::ptrdiff_t>(largest.size()) - below) /
         static_cast<double>(largest.size() + 1);
}

}  // namespace

std::size_t Design::block_count() const {
  return blocks.empty() ? 0 : *std::max_element(blocks.begin(), blocks.end()) + 1;
}

double Design::labelings() const {
  std::vector<std::array<double, 2>> counts(block_count());
  double product = 1;
  for (std::size_t run = 0; run < order.size(); ++run) {  // binomial coefficients
    auto& of_block = counts[blocks[run]];
    const double size = of_block[0] + of_block[1] + 1;
    product *= size / ++of_block[static_cast<std::size_t>(order[run])];
  }
  return product;
}

std::ptrdiff_t Design::degrees() const {
  return std::ssize(order) - static_cast<std::ptrdiff_t>(block_count() + trend + 1);
}

namespace {

// Of what a design takes out.
std::vector<ContrastColumn> basis_of(const Design& design) {
  const std::size_t runs = design.order.size();
  std::vector<ContrastColumn> columns(design.block_count() + design.trend, ContrastColumn(runs));
  for (std::size_t run = 0; run < runs; ++run) {
    columns[design.blocks[run]][run] = 1;
    const double time = 2.0 * static_cast<double>(run) / static_cast<double>(runs - 1) - 1;
    for (std::size_t degree = 1; degree <= design.trend; ++degree) {
      columns[design.block_count() + degree - 1][run] = std::pow(time, static_cast<double>(degree));
    }
  }
  return orthonormal_basis(columns);
}

ContrastColumn without(const std::vector<ContrastColumn>& basis, ContrastColumn column) {
  for (const ContrastColumn& unit : basis) {
    const double part = dot(column, unit);
    for (std::size_t run = 0; run < column.size(); ++run) {
      column[run] -= part * unit[run];
    }
  }
  return column;
}

ContrastColumn label_of(const Design& design) {
  ContrastColumn label;
  for (const Side side : design.order) {
    label.push_back(side == Side::Candidate ? 1 : 0);
  }
  return label;
}

// a'Va / a'a, V the covariance of AR(1) noise.
double slow_variance(const ContrastColumn& a) {
  constexpr double kCorrelation = 0.8;
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (std::size_t j = 0; j < a.size(); ++j) {
      const std::size_t lag = i < j ? j - i : i - j;
      sum += a[i] * a[j] * std::pow(kCorrelation, static_cast<double>(lag));
    }
  }
  return sum / dot(a, a);
}

}  // namespace

Balance balance_of(const Design& design) {
  const std::vector<ContrastColumn> basis = basis_of(design);
  const ContrastColumn label = label_of(design);
  const ContrastColumn rest = without(basis, label);
  Design means = design;
  means.trend = 0;
  const ContrastColumn whole = without(basis_of(means), label);
  const double kept = dot(rest, rest) / dot(whole, whole);
  if (kept < 1e-6) {
    return {.kept = 0, .noise = std::numeric_limits<double>::infinity()};
  }
  const double of_contrast = slow_variance(rest);
  double left = static_cast<double>(design.order.size()) - of_contrast;
  for (const ContrastColumn& unit : basis) {
    left -= slow_variance(unit);
  }
  return {.kept = kept, .noise = of_contrast * static_cast<double>(design.degrees()) / left};
}

double hodges_lehmann(std::span<const double> values, const Design& design) {
  std::vector<double> differences;
  for (std::size_t i = 0; i < values.size(); ++i) {
    for (std::size_t j = 0; j < values.size(); ++j) {
      if (design.blocks[i] == design.blocks[j] && design.order[i] == Side::Candidate &&
          design.order[j] == Side::Baseline) {
        differences.push_back(values[i] - values[j]);
      }
    }
  }
  return median_of(std::move(differences));
}

MaxT::MaxT(Design design, std::size_t draws)
    : design_(std::move(design)), runs_of_block_(design_.block_count()), basis_(basis_of(design_)) {
  assert(design_.degrees() > 0);
  for (std::size_t run = 0; run < design_.order.size(); ++run) {
    runs_of_block_[design_.blocks[run]].push_back(run);
  }
  const ContrastColumn label = label_of(design_);
  x_ = residuals(label);
  length_ = std::sqrt(dot(x_, x_));
  for (std::size_t run = 0; run < label.size(); ++run) {
    taken_out_.push_back(label[run] - x_[run]);
    x_[run] /= length_;
  }
  if (design_.trend > 0) {
    inflation_ = std::max(1.0, balance_of(design_).noise);
  }
  if (design_.law == NullLaw::Shuffled && design_.labelings() <= kMostEnumerated) {
    add_all_labelings(label);
  } else {
    draw(label, draws);
  }
}

ContrastColumn MaxT::residuals(ContrastColumn column) const {
  return without(basis_, std::move(column));
}

// Counts through them: each block is a digit. False after the last one.
bool MaxT::next_labeling(ContrastColumn& label) const {
  return std::any_of(runs_of_block_.begin(), runs_of_block_.end(), [&](const auto& runs) {
    ContrastColumn digit;
    for (const std::size_t run : runs) {
      digit.push_back(label[run]);
    }
    const bool is_next = std::next_permutation(digit.begin(), digit.end());
    for (std::size_t i = 0; i < runs.size(); ++i) {
      label[runs[i]] = digit[i];
    }
    return is_next;
  });
}

// Without a trend it has the same means in every block as the true label, and so the same length.
void MaxT::add_labeling(const ContrastColumn& label) {
  for (std::size_t run = 0; run < label.size(); ++run) {
    directions_.push_back((label[run] - taken_out_[run]) / length_);
  }
}

void MaxT::add_all_labelings(const ContrastColumn& label) {
  ContrastColumn next(label.size());
  for (const auto& runs : runs_of_block_) {  // the first one in lexical order
    const auto candidates = static_cast<std::size_t>(
        std::count_if(runs.begin(), runs.end(), [&](std::size_t run) { return label[run] > 0; }));
    for (std::size_t i = 0; i < runs.size(); ++i) {
      next[runs[i]] = i + candidates < runs.size() ? 0 : 1;
    }
  }
  do {
    if (next != label) {
      add_labeling(next);
    }
  } while (next_labeling(next));
}

void MaxT::draw(const ContrastColumn& label, std::size_t draws) {
  std::mt19937_64 random(kSeed);  // the standard defines its numbers, but not std::shuffle's
  boost::random::normal_distribution<double> normal;
  ContrastColumn raw = label;
  for (std::size_t i = 0; i < draws; ++i) {
    if (design_.law == NullLaw::Rotated) {
      for (double& element : raw) {
        element = normal(random);
      }
      const ContrastColumn direction = residuals(raw);
      const double length = std::sqrt(dot(direction, direction));
      for (const double element : direction) {
        directions_.push_back(element / length);
      }
    } else {
      for (const auto& runs : runs_of_block_) {
        for (std::size_t left = runs.size(); left > 1; --left) {
          std::swap(raw[runs[left - 1]], raw[runs[random() % left]]);
        }
      }
      add_labeling(raw);
    }
  }
}

FamilyTest MaxT::test(std::span<const ContrastColumn> columns, Variance variance) const {
  std::vector<ContrastColumn> rests;
  for (const ContrastColumn& column : columns) {
    rests.push_back(residuals(column));
  }
  ColumnGroups groups(rests, static_cast<double>(design_.degrees()), variance);
  FamilyTest result;
  std::vector<double> smallest;
  for (std::size_t i = 0; i < directions_.size(); i += x_.size()) {
    groups.turn_to(&directions_[i]);
    const auto [low, high] = groups.range_of_t(kSmallestVariance);
    smallest.push_back(-low);
    result.largest.push_back(high);
  }
  std::sort(result.largest.begin(), result.largest.end());
  std::sort(smallest.begin(), smallest.end());
  groups.turn_to(x_.data());
  for (std::size_t c = 0; c < columns.size(); ++c) {
    const double t = groups.b(c) / std::sqrt(inflation_ * groups.s2(c) + kSmallestVariance);
    result.contrasts.push_back({.t = t,
                                .shift = groups.b(c) / length_,
                                .p_slower = adjusted_p(result.largest, t),
                                .p_faster = adjusted_p(smallest, -t)});
  }
  return result;
}

ContrastColumn MaxT::rest_of(const ContrastColumn& column) const {
  ContrastColumn rest = residuals(column);
  const double b = dot(x_, rest);
  for (std::size_t run = 0; run < rest.size(); ++run) {
    rest[run] -= b * x_[run];
  }
  return rest;
}

MaxT::Scaled MaxT::scaled(const ContrastColumn& column, double added_variance) const {
  const ContrastColumn rest = residuals(column);
  const double b = dot(x_, rest);
  const double s2 = std::max(dot(rest, rest) - b * b, 0.0) / static_cast<double>(design_.degrees());
  return {.b = b, .s = std::sqrt(inflation_ * (s2 + added_variance) + kSmallestVariance)};
}

std::pair<double, double> MaxT::interval(const ContrastColumn& column, double critical,
                                         double added_variance) const {
  const auto [b, s] = scaled(column, added_variance);
  return {(b - critical * s) / length_, (b + critical * s) / length_};
}

std::pair<double, double> MaxT::ranked_interval(const ContrastColumn& column,
                                                double critical) const {
  const auto t_of = [&](double shift) {
    ContrastColumn shifted = column;
    for (std::size_t run = 0; run < shifted.size(); ++run) {
      shifted[run] -= design_.order[run] == Side::Candidate ? shift : 0;
    }
    const auto [b, s] = scaled(ranked(std::span(&shifted, 1)).front(), 0);
    return b / s;
  };
  // Ranks, and so t, change only at the differences of two runs.
  std::vector<double> differences;
  for (std::size_t i = 0; i < column.size(); ++i) {
    for (std::size_t j = 0; j < column.size(); ++j) {
      if (design_.order[i] == Side::Candidate && design_.order[j] == Side::Baseline) {
        differences.push_back(column[i] - column[j]);
      }
    }
  }
  std::sort(differences.begin(), differences.end());
  std::vector<std::optional<double>> known(differences.size() + 1);  // t below each, and above
  const auto t_at = [&](double shift) {
    const auto next = std::lower_bound(differences.begin(), differences.end(), shift);
    if (next != differences.end() && *next == shift) {
      return t_of(shift);
    }
    auto& t = known[static_cast<std::size_t>(next - differences.begin())];
    t = t ? t : t_of(shift);
    return *t;
  };
  const auto [least, most] = std::minmax_element(column.begin(), column.end());
  const double reach = 2 * (*most - *least + 1e-6);
  const auto shift_with = [&](double wanted) {  // t falls as the shift grows
    double low = -reach;
    double high = reach;
    if (t_at(low) < wanted) {
      return -std::numeric_limits<double>::infinity();
    }
    if (t_at(high) > wanted) {
      return std::numeric_limits<double>::infinity();
    }
    for (int i = 0; i < kBisections; ++i) {
      const double middle = (low + high) / 2;
      (t_at(middle) > wanted ? low : high) = middle;
    }
    return (low + high) / 2;
  };
  // `critical` is often the t of some labeling, and so a t of shifted ranks: both ends then lie
  // beyond it, whatever the rounding.
  return {shift_with(critical + kTie), shift_with(-critical - kTie)};
}

std::vector<ContrastColumn> ranked(std::span<const ContrastColumn> columns) {
  std::vector<ContrastColumn> result;
  result.reserve(columns.size());
  for (const ContrastColumn& column : columns) {
    result.push_back(mid_ranks(column));
    for (double& rank : result.back()) {
      rank /= static_cast<double>(column.size());
    }
  }
  return result;
}

}  // namespace tcpstep
