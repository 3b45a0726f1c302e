#include "lib/compare/attribution.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "lib/base/text.h"

namespace tcpstep {
namespace {

std::set<std::uint32_t> hits_of(const Comparison& comparison, Family family) {
  std::set<std::uint32_t> segments;
  for (const ContrastResult& row : comparison.contrasts) {
    if (row.contrast.family == family && row.is_slower) {
      segments.insert(row.contrast.segments);
    }
  }
  return segments;
}

// "1448", or "1402 to 1500" where only an interval is known.
std::string fitted(const MssFit& fit) {
  return fit.smallest == fit.largest
             ? fmt::format("{}", fit.smallest.bytes())
             : fmt::format("{} to {}", fit.smallest.bytes(), fit.largest.bytes());
}

std::string boundary_words(const Comparison& comparison) {
  const SideFacts& before = comparison.baseline;
  const SideFacts& after = comparison.candidate;
  std::string text;
  if (before.mss && after.mss && before.mss != after.mss) {
    text = fmt::format("MSS {} to {}", before.mss->bytes(), after.mss->bytes());
  }
  if (before.fit && after.fit) {
    text += fmt::format("{}the times fit an MSS of {} before and of {} now",
                        text.empty() ? "" : "; ", fitted(*before.fit), fitted(*after.fit));
  }
  return text;
}

bool is_boundary_moved(const Comparison& comparison) {
  const SideFacts& before = comparison.baseline;
  const SideFacts& after = comparison.candidate;
  if (before.mss && after.mss && before.mss != after.mss) {
    return true;
  }
  return before.fit && after.fit && after.fit->gain > kGainOfSteps &&
         (before.fit->smallest > after.fit->largest || after.fit->smallest > before.fit->largest);
}

std::string local_words(const Comparison& comparison) {
  std::vector<std::uint32_t> sizes;
  for (const LocalResult& local : comparison.locals) {
    sizes.push_back(local.size.bytes());
  }
  const std::string where =
      fmt::format("{} ({} bytes)", count_of(sizes.size(), "size"), fmt::join(sizes, ", "));
  return is_boundary_moved(comparison) ? fmt::format("packet boundary moved: {}; slower at {}",
                                                     boundary_words(comparison), where)
                                       : fmt::format("single sizes, not their classes: {}", where);
}

}  // namespace

std::string attribution_of(const Comparison& comparison,
                           const std::vector<std::uint32_t>& classes) {
  if (!comparison.locals.empty()) {
    return local_words(comparison);
  }
  std::set<std::uint32_t> floors = hits_of(comparison, Family::Floor);
  const std::set<std::uint32_t> steps = hits_of(comparison, Family::Step);
  const bool is_overall = floors.erase(0) > 0;
  const auto is_hit = [&](std::uint32_t segments) { return floors.contains(segments); };
  if (std::all_of(classes.begin(), classes.end(), is_hit) || (is_overall && floors.empty())) {
    return steps.empty()
               ? "uniform: sizes of every class"
               : fmt::format("all sizes, and more so those of {} segments", fmt::join(steps, ", "));
  }
  if (!floors.empty()) {
    const auto first = std::find_if(classes.begin(), classes.end(), is_hit);
    if (std::all_of(first, classes.end(), is_hit)) {
      return fmt::format("from {} segments on", *first);
    }
    return fmt::format("sizes of {} segment{}", fmt::join(floors, ", "),
                       floors == std::set{1U} ? "" : "s");
  }
  if (!steps.empty()) {
    return fmt::format("the step to {} segments", fmt::join(steps, ", "));
  }
  return hits_of(comparison, Family::Median).empty()
             ? "tail: the largest 5 % of the samples, not the others"
             : "body: medians, not the floor below them";
}

}  // namespace tcpstep
