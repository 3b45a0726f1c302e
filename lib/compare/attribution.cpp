#include "lib/compare/attribution.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

#include "lib/base/text.h"

namespace tcpstep {
namespace {

using Shape = std::vector<double>;  // relative to the level of each group
using Kind = Explanation::Kind;

// The inverse of the covariance of the groups' changes: d on the diagonal and s everywhere.
struct Precision {
  double own;     // d
  double shared;  // s

  // a' (d I + s 11')^-1 b, by Sherman & Morrison.
  [[nodiscard]] double product(const Shape& a, const Shape& b) const {
    double dots = 0;
    double sum_a = 0;
    double sum_b = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
      dots += a[i] * b[i];
      sum_a += a[i];
      sum_b += b[i];
    }
    return (dots - shared * sum_a * sum_b / (own + static_cast<double>(a.size()) * shared)) / own;
  }
};

Precision precision_of(std::span<const Group> groups, double length) {
  constexpr double kTiny = 1e-12;
  const std::size_t runs = groups.front().rest.size();
  const auto count = static_cast<double>(groups.size());
  double own = 0;
  double whole = 0;
  for (std::size_t run = 0; run < runs; ++run) {
    double mean = 0;
    for (const Group& group : groups) {
      mean += group.rest[run] / count;
    }
    whole += mean * mean;
    for (const Group& group : groups) {
      own += std::pow(group.rest[run] - mean, 2) / std::max(1.0, count - 1);
    }
  }
  const double scale = static_cast<double>(std::max<std::size_t>(1, runs - 6)) * length * length;
  own = own / scale + kTiny;
  return {.own = own, .shared = std::max(whole / scale - own / count, 0.0)};
}

struct Fit {
  Explanation explanation;
  double misfit;
};

// What is left of `change` when it is explained by `shape`.
Fit fit_of(const Precision& precision, const Shape& change, const Shape& shape,
           Explanation explanation, std::span<const Group> groups) {
  const double product = precision.product(shape, change);
  const double squared = precision.product(shape, shape);
  const std::size_t at = explanation.first;
  explanation.ns = product / squared * shape[at] * groups[at].level_ns;
  return {.explanation = explanation,
          .misfit = precision.product(change, change) - product * product / squared};
}

}  // namespace

Explanation explain(std::span<const Group> groups, double length, bool is_slower) {
  constexpr double kSimpler = 4;     // so much less must be left for one group, or a growing step
  constexpr double kInexact = 0.03;  // a sixth of the change: shapes are simpler than the world
  constexpr double kMinor = 0.1;     // of the change: what is left out may have moved so far
  const Precision precision = precision_of(groups, length);
  Shape change;
  for (const Group& group : groups) {
    change.push_back(std::expm1(group.change));
  }
  const auto try_shape = [&](Kind kind, std::size_t first, auto height) {
    Shape shape;
    for (std::size_t i = 0; i < groups.size(); ++i) {
      shape.push_back(i < first ? 0 : height(i) / groups[i].level_ns);
    }
    return fit_of(precision, change, shape, {.kind = kind, .first = first}, groups);
  };
  Fit best = try_shape(Kind::Uniform, 0, [&](std::size_t i) { return groups[i].level_ns; });
  const auto leaves_out_what_moved = [&](const Explanation& explanation) {
    std::ptrdiff_t moved = 0;
    std::ptrdiff_t all = 0;
    for (std::size_t i = 0; i < groups.size(); ++i) {
      if (explanation.kind == Kind::Only ? i != explanation.first : i < explanation.first) {
        const double ns = change[i] * groups[i].level_ns;
        moved += groups[i].has_moved && std::abs(ns) > kMinor * std::abs(explanation.ns) ? 1 : 0;
        ++all;
      }
    }
    return moved > 0 && 2 * moved >= all;
  };
  const auto consider = [&](const Fit& fit, double penalty) {
    const bool is_backwards =
        fit.explanation.kind != Kind::Uniform && (fit.explanation.ns > 0) != is_slower;
    if (fit.misfit + penalty < best.misfit && !is_backwards &&
        !leaves_out_what_moved(fit.explanation)) {
      best = fit;
      best.misfit += penalty;
    }
  };
  const auto flat = [](std::size_t) { return 1.0; };
  consider(try_shape(Kind::Uniform, 0, flat), 0);
  // Where to begin is a choice of its own, the more so the more places there are.
  const double choice = 2 * std::log(static_cast<double>(groups.size()));
  for (std::size_t first = 1; first < groups.size(); ++first) {
    consider(try_shape(Kind::From, first, flat), choice);
  }
  for (std::size_t only = 0; groups.size() > 2 && only < groups.size(); ++only) {
    consider(try_shape(Kind::Only, only, [&](std::size_t i) { return i == only ? 1.0 : 0.0; }),
             choice + (only + 1 == groups.size() ? kSimpler : 2));
  }
  if (groups.size() > 3) {
    consider(try_shape(Kind::PerSegment, 1, [](std::size_t i) { return static_cast<double>(i); }),
             kSimpler);
  }
  const auto spare = static_cast<double>(groups.size() - 1);
  if (best.misfit > 2 * spare + 8 * std::sqrt(2 * spare) + choice + kSimpler &&
      best.misfit > kInexact * precision.product(change, change)) {
    best.explanation.kind = Kind::Mixed;
  }
  return best.explanation;
}

namespace {

std::vector<std::uint32_t> moved_classes(const Comparison& comparison, Family family,
                                         bool is_slower) {
  std::vector<std::uint32_t> segments;
  for (const ContrastResult& row : comparison.contrasts) {
    if (row.contrast.family == family && (is_slower ? row.is_slower : row.is_faster)) {
      segments.push_back(row.contrast.segments);
    }
  }
  return segments;
}

const ContrastResult* find(const Comparison& comparison, const Contrast& name) {
  const auto row = std::find_if(comparison.contrasts.begin(), comparison.contrasts.end(),
                                [&](const ContrastResult& one) { return one.contrast == name; });
  return row == comparison.contrasts.end() ? nullptr : &*row;
}

// "+5.02 % (+4.4 to +5.6)".
std::string amount(const ContrastResult& row) {
  return fmt::format("{} ({:+.1f} to {:+.1f})", percent(row.change), 100 * std::expm1(*row.low),
                     100 * std::expm1(*row.high));
}

std::string microseconds(double ns) {
  const Duration rounded(std::llround(ns));
  return format_difference(rounded, rounded);
}

// "1448", or "1402 to 1500" where only an interval is known.
std::string fitted(const MssFit& fit) {
  return fit.smallest == fit.largest
             ? fmt::format("{}", fit.smallest.bytes())
             : fmt::format("{} to {}", fit.smallest.bytes(), fit.largest.bytes());
}

bool is_declared_otherwise(const Comparison& comparison) {
  return comparison.baseline.mss && comparison.candidate.mss &&
         comparison.baseline.mss != comparison.candidate.mss;
}

// Between which the boundary of a side lies.
struct Boundary {
  Mss smallest;
  Mss largest;
};

std::optional<Boundary> boundary_of(const Comparison& comparison, const SideFacts& side) {
  if (is_declared_otherwise(comparison)) {
    return Boundary{.smallest = *side.mss, .largest = *side.mss};
  }
  return side.fit && side.fit->gain > kGainOfSteps
             ? std::optional<Boundary>(
                   {.smallest = side.fit->smallest, .largest = side.fit->largest})
             : std::nullopt;
}

}  // namespace

bool is_boundary_moved(const Comparison& comparison) {
  const auto before = boundary_of(comparison, comparison.baseline);
  const auto after = boundary_of(comparison, comparison.candidate);
  const auto crosses = [&](const LocalResult& local) {
    return segments_needed(local.size, after->smallest) >
           segments_needed(local.size, before->largest);
  };
  return before && after &&
         2 * std::ranges::count_if(comparison.locals, crosses) > std::ssize(comparison.locals);
}

namespace {

// True if the MSS that the times fit is the declared one: stairs may have other causes, too.
bool agrees(const SideFacts& side) {
  constexpr std::uint32_t kNear = 20;  // bytes
  return side.mss && side.fit && side.fit->smallest.bytes() <= side.mss->bytes() + kNear &&
         side.mss->bytes() <= side.fit->largest.bytes() + kNear;
}

std::string boundary_text(const Comparison& comparison) {
  const SideFacts& before = comparison.baseline;
  const SideFacts& after = comparison.candidate;
  std::string text;
  if (is_declared_otherwise(comparison)) {
    text = fmt::format("MSS {} to {}", before.mss->bytes(), after.mss->bytes());
  }
  if (before.fit && after.fit && (text.empty() || (agrees(before) && agrees(after)))) {
    text += fmt::format("{}the times fit an MSS of {} before and of {} now",
                        text.empty() ? "" : "; ", fitted(*before.fit), fitted(*after.fit));
  }
  return text;
}

std::string sizes_text(const Comparison& comparison) {
  std::vector<std::uint32_t> sizes;
  for (const LocalResult& local : comparison.locals) {
    sizes.push_back(local.size.bytes());
  }
  return fmt::format("{} ({} bytes)", count_of(sizes.size(), "size"), fmt::join(sizes, ", "));
}

// What did not change below group `first`.
std::string unchanged_text(const Comparison& comparison, std::span<const Group> groups,
                           std::size_t first) {
  const ContrastResult* row = find(comparison, {.family = Family::Floor, .segments = 1});
  if (first == 0 || groups.front().from != 1 || row == nullptr) {
    return {};
  }
  if (*row->low > 0 || *row->high < 0) {
    return first == 1 ? fmt::format("; 1 segment {}", amount(*row)) : "";
  }
  return fmt::format("; 1 segment unchanged ({:+.1f} to {:+.1f} %)", 100 * std::expm1(*row->low),
                     100 * std::expm1(*row->high));
}

// The same where all sizes are one class: the intervals of the sizes below.
std::string unchanged_sizes_text(const Comparison& comparison, std::uint32_t from) {
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  std::uint32_t last = 0;
  bool has_moved = false;
  for (const SizeChange& size : comparison.by_size) {
    if (size.size.bytes() < from && size.low && size.high) {
      low = std::min(low, *size.low);
      high = std::max(high, *size.high);
      has_moved = has_moved || *size.low > 0 || *size.high < 0;
      last = size.size.bytes();
    }
  }
  if (last == 0) {
    return {};
  }
  const std::string range =
      fmt::format("{:+.1f} to {:+.1f} %", 100 * std::expm1(low), 100 * std::expm1(high));
  return fmt::format("; {} to {} bytes {}", comparison.by_size.front().size.bytes(), last,
                     has_moved ? range : fmt::format("unchanged ({})", range));
}

// Of floors or steps that moved.
std::string class_text(const Comparison& comparison, std::span<const Group> groups, double length,
                       bool is_slower, const std::vector<std::uint32_t>& moved) {
  const bool is_by_size =
      std::none_of(comparison.contrasts.begin(), comparison.contrasts.end(),
                   [](const ContrastResult& row) { return row.contrast.segments > 1; });
  const Explanation why = explain(groups, length, is_slower);
  const Group& group = groups[why.first];
  const ContrastResult& whole = *find(comparison, {.family = Family::Floor});
  const auto at_group = [&] {
    const ContrastResult* row = find(comparison, {.family = Family::Floor, .segments = group.from});
    return is_by_size || row == nullptr ? percent(group.change) : amount(*row);
  };
  const std::string name =
      is_by_size ? count_of(group.from, "byte") : count_of(group.from, "segment");
  const auto of_all_sizes = [&] {
    return fmt::format("all sizes {}, {} at {}", amount(whole),
                       microseconds(groups.front().level_ns * std::expm1(groups.front().change)),
                       count_of(groups.front().from, is_by_size ? "byte" : "segment"));
  };
  switch (why.kind) {
    case Kind::Uniform:
      return is_by_size ? of_all_sizes() : "uniform: " + of_all_sizes();
    case Kind::From:
      return fmt::format("from {} on {}, {}{}", name, microseconds(why.ns), at_group(),
                         is_by_size ? unchanged_sizes_text(comparison, group.from)
                                    : unchanged_text(comparison, groups, why.first));
    case Kind::PerSegment:
      if (is_by_size) {
        return of_all_sizes() + ", growing with the size";
      }
      return fmt::format("every segment after the first {}{}", microseconds(why.ns),
                         unchanged_text(comparison, groups, why.first));
    case Kind::Only:
      return fmt::format("sizes of {} only {}, {}", name, microseconds(why.ns), at_group());
    case Kind::Mixed:
      if (is_by_size) {
        return of_all_sizes();
      }
      break;
  }
  std::vector<std::uint32_t> classes;
  std::copy_if(moved.begin(), moved.end(), std::back_inserter(classes),
               [](std::uint32_t segments) { return segments > 0; });
  if (classes.empty()) {
    return fmt::format("all sizes {}", amount(whole));
  }
  if (classes.size() == groups.size()) {
    const auto [least, most] = std::ranges::minmax_element(groups, {}, &Group::change);
    return fmt::format("all sizes {}: {} with {} to {} with {}", amount(whole),
                       percent(least->change), count_of(least->from, "segment"),
                       percent(most->change), count_of(most->from, "segment"));
  }
  return fmt::format("sizes of {} segments {}; all sizes {}", fmt::join(classes, ", "),
                     is_slower ? "slower" : "faster", amount(whole));
}

}  // namespace

std::string attribution_of(const Comparison& comparison, std::span<const Group> groups,
                           double length, bool is_slower) {
  const bool has_sizes = is_slower && !comparison.locals.empty();
  if (has_sizes && is_boundary_moved(comparison)) {
    return fmt::format("packet boundary moved: {}; slower at {}", boundary_text(comparison),
                       sizes_text(comparison));
  }
  for (const Family family : {Family::Floor, Family::Step}) {
    if (const auto moved = moved_classes(comparison, family, is_slower); !moved.empty()) {
      return class_text(comparison, groups, length, is_slower, moved);
    }
  }
  if (has_sizes) {
    return "single sizes, not their classes: " + sizes_text(comparison);
  }
  for (const auto& [family, text] :
       {std::pair(Family::Median, "body: medians {}, not the floor below them"),
        std::pair(Family::Tail, "tail: the largest 5 % of the samples {}, not the others")}) {
    if (const auto moved = moved_classes(comparison, family, is_slower); !moved.empty()) {
      const ContrastResult* row = nullptr;
      for (const ContrastResult& one : comparison.contrasts) {
        if (one.contrast.family == family && one.contrast.segments == moved.front()) {
          row = &one;
          break;
        }
      }
      return fmt::format(fmt::runtime(text), amount(*row));
    }
  }
  return {};
}

}  // namespace tcpstep
