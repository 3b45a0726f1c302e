#include "lib/stats/max_t.h"

#include <algorithm>
#include <boost/random/normal_distribution.hpp>
#include <cassert>
#include <cmath>
#include <limits>
#include <random>

#include "lib/stats/ranks.h"

namespace tcpstep {
namespace {

constexpr std::uint64_t kSeed = 1;
constexpr double kSmallestVariance = 1e-16;  // of a logarithm: far below any timer
constexpr double kTie = 1e-9;                // equal t that were summed in another order
constexpr int kBisections = 60;

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

MaxT::MaxT(std::vector<Side> order, std::vector<std::size_t> blocks, NullLaw law, std::size_t draws)
    : order_(std::move(order)),
      blocks_(std::move(blocks)),
      runs_of_block_(count_blocks(blocks_)),
      degrees_(order_.size() - runs_of_block_.size() - 1) {
  assert(order_.size() > runs_of_block_.size() + 1);
  for (std::size_t run = 0; run < blocks_.size(); ++run) {
    runs_of_block_[blocks_[run]].push_back(run);
  }
  draw(law, draws);
}

ContrastColumn MaxT::without_block_means(ContrastColumn column) const {
  for (const auto& runs : runs_of_block_) {
    double sum = 0;
    for (const std::size_t run : runs) {
      sum += column[run];
    }
    for (const std::size_t run : runs) {
      column[run] -= sum / static_cast<double>(runs.size());
    }
  }
  return column;
}

void MaxT::draw(NullLaw law, std::size_t draws) {
  std::mt19937_64 random(kSeed);  // its numbers are the standard's, std::shuffle's are nobody's
  boost::random::normal_distribution<double> normal;
  ContrastColumn label(order_.size());
  for (std::size_t run = 0; run < order_.size(); ++run) {
    label[run] = order_[run] == Side::Candidate ? 1 : 0;
  }
  const auto add = [&](const ContrastColumn& raw) {
    ContrastColumn direction = without_block_means(raw);
    const double length = std::sqrt(dot(direction, direction));
    for (double& element : direction) {
      element /= length;
    }
    directions_.push_back(std::move(direction));
    return length;
  };
  directions_.reserve(draws + 1);
  length_ = add(label);
  ContrastColumn raw = label;
  for (std::size_t i = 0; i < draws; ++i) {
    if (law == NullLaw::Rotated) {
      for (double& element : raw) {
        element = normal(random);
      }
    } else {
      for (const auto& runs : runs_of_block_) {
        for (std::size_t left = runs.size(); left > 1; --left) {
          std::swap(raw[runs[left - 1]], raw[runs[random() % left]]);
        }
      }
    }
    add(raw);
  }
}

FamilyTest MaxT::test(std::span<const ContrastColumn> columns, Variance variance) const {
  const std::size_t count = columns.size();
  const std::size_t runs = order_.size();
  const auto df = static_cast<double>(degrees_);
  std::vector<double> by_run(runs * count);  // the columns of one run beside each other
  std::vector<double> squares(count);
  for (std::size_t c = 0; c < count; ++c) {
    const ContrastColumn column = without_block_means(columns[c]);
    squares[c] = dot(column, column);
    for (std::size_t run = 0; run < runs; ++run) {
      by_run[run * count + c] = column[run];
    }
  }
  FamilyTest result;
  std::vector<double> smallest;
  std::vector<double> t(count);
  std::vector<double> s2(count);
  for (const ContrastColumn& direction : directions_) {
    std::fill(t.begin(), t.end(), 0.0);
    for (std::size_t run = 0; run < runs; ++run) {
      const double weight = direction[run];
      const double* values = &by_run[run * count];
      for (std::size_t c = 0; c < count; ++c) {
        t[c] += weight * values[c];
      }
    }
    double mean = 0;
    for (std::size_t c = 0; c < count; ++c) {
      s2[c] = std::max(squares[c] - t[c] * t[c], 0.0) / df;
      mean += s2[c] / static_cast<double>(count);
    }
    const bool is_observed = result.contrasts.empty();
    for (std::size_t c = 0; c < count; ++c) {
      const double shift = t[c] / length_;
      if (variance.prior_degrees > 0) {
        s2[c] = (variance.prior_degrees * mean + df * s2[c]) / (variance.prior_degrees + df);
      }
      t[c] /= std::sqrt(s2[c] + variance.added + kSmallestVariance);
      if (is_observed) {
        result.contrasts.push_back({.t = t[c], .shift = shift, .p_slower = 1, .p_faster = 1});
      }
    }
    if (!is_observed) {
      const auto [low, high] = std::minmax_element(t.begin(), t.end());
      smallest.push_back(-*low);
      result.largest.push_back(*high);
    }
  }
  std::sort(result.largest.begin(), result.largest.end());
  std::sort(smallest.begin(), smallest.end());
  for (ContrastTest& contrast : result.contrasts) {
    contrast.p_slower = adjusted_p(result.largest, contrast.t);
    contrast.p_faster = adjusted_p(smallest, -contrast.t);
  }
  return result;
}

double MaxT::t_of(const ContrastColumn& column, double added_variance) const {
  const ContrastColumn rest = without_block_means(column);
  const double b = dot(directions_.front(), rest);
  const double s2 = std::max(dot(rest, rest) - b * b, 0.0) / static_cast<double>(degrees_);
  return b / std::sqrt(s2 + added_variance + kSmallestVariance);
}

std::pair<double, double> MaxT::interval(const ContrastColumn& column, double critical,
                                         bool is_ranked, double added_variance) const {
  const auto t_at = [&](double shift) {
    ContrastColumn shifted = column;
    for (std::size_t run = 0; run < shifted.size(); ++run) {
      shifted[run] -= order_[run] == Side::Candidate ? shift : 0;
    }
    return is_ranked ? t_of(ranked(std::span(&shifted, 1)).front(), added_variance)
                     : t_of(shifted, added_variance);
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
  return {shift_with(critical), shift_with(-critical)};
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
