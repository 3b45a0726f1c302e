#include "lib/compare/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "lib/base/error.h"

namespace tcpstep {
namespace {

// Each run once; a run of the other side is an error that would look like a pass.
void remove_copies(std::vector<Run>& runs, std::vector<std::string>& notes,
                   std::map<std::string, std::string>& known) {
  std::vector<Run> once;
  std::set<std::string> mine;
  for (Run& run : runs) {
    const auto [place, is_new] = known.emplace(run.identity, run.name);
    if (is_new) {
      mine.insert(run.identity);
      once.push_back(std::move(run));
    } else if (mine.contains(run.identity)) {
      notes.push_back(
          fmt::format("{} is the same run as {}: counted once", run.name, place->second));
    } else {
      throw WorldError(fmt::format("{} and {} are the same run", place->second, run.name),
                       "A run compared with itself would always pass. Which is the candidate?");
    }
  }
  runs = std::move(once);
}

// Not of a run whose MSS changed: it has no single one, and is refused for that.
std::set<std::optional<Mss>> every_mss(const std::vector<Run>& runs) {
  std::set<std::optional<Mss>> found;
  for (const Run& run : runs) {
    if (!run.has_moved) {
      found.insert(run.key.mss);
    }
  }
  return found;
}

SideFacts facts_of(const std::vector<Run>& runs) {
  SideFacts facts{.runs = static_cast<std::uint32_t>(runs.size())};
  for (const Run& run : runs) {
    facts.lost += run.lost();
    facts.resent.merge(run.resent());
  }
  if (const auto found = every_mss(runs); found.size() == 1) {
    facts.mss = *found.begin();
  }
  return facts;
}

Comparison not_comparable(Comparison result, std::vector<std::string> reasons, std::string remedy) {
  result.verdict = Verdict::NotComparable;
  result.reasons = std::move(reasons);
  result.remedy = std::move(remedy);
  return result;
}

std::string headline_of_pass(const Comparison& comparison) {
  if (comparison.is_exact) {
    return comparison.differences.empty()
               ? "NO DIFFERENCE: every ping of every run is the same to the nanosecond"
               : "NO REGRESSION: nothing is slower";
  }
  return fmt::format("NO REGRESSION{} {:.1f} % is {}ruled out",
                     comparison.runs_for_tolerance ? " found, but a slowdown of up to"
                                                   : ": a slowdown of more than",
                     std::max(percent_of(*comparison.excluded, 0.1), 0.0),
                     comparison.runs_for_tolerance ? "not " : "");
}

bool are_virtual(const std::vector<Run>& runs) {
  return std::all_of(runs.begin(), runs.end(), [](const Run& run) { return run.is_virtual(); });
}

}  // namespace

Comparison compare(std::vector<Run> baseline, std::vector<Run> candidate,
                   const CompareSettings& settings) {
  Comparison result;
  result.settings = settings;
  std::map<std::string, std::string> known;
  remove_copies(baseline, result.notes, known);
  remove_copies(candidate, result.notes, known);
  result.link = baseline.front().key.name();
  result.baseline = facts_of(baseline);
  result.candidate = facts_of(candidate);
  result.mss = result.baseline.mss;
  const auto before = headers_of(baseline);
  const auto after = headers_of(candidate);
  result.environment = environment_differences(before, after);
  RunCollection all;
  for (const auto* side : {&baseline, &candidate}) {
    for (const Run& run : *side) {
      all.add(run);
    }
  }
  result.caption = caption_of(all);
  if (auto reasons = why_not_comparable(before, after);
      !reasons.empty() && !settings.ignores_environment) {
    return not_comparable(std::move(result), std::move(reasons),
                          "To compare them anyway: --ignore-environment.");
  }
  for (const auto& [side, name] :
       {std::pair(&baseline, "baseline"), std::pair(&candidate, "candidate")}) {
    if (every_mss(*side).size() > 1) {
      return not_comparable(std::move(result),
                            {fmt::format("the runs of the {} differ in MSS", name)},
                            "All runs of a side must have the same MSS.");
    }
  }
  if (are_virtual(baseline) && are_virtual(candidate)) {
    compare_exactly(result, baseline, candidate);
    result.by_size = levels_by_size(baseline, candidate);
    return result;
  }
  return test_runs(std::move(result), baseline, candidate);
}

std::string headline(const Comparison& comparison) {
  switch (comparison.verdict) {
    case Verdict::Regression:
      return "REGRESSION: " + comparison.attribution;
    case Verdict::Faster:
      return "FASTER: " + comparison.attribution;
    case Verdict::Inconclusive:
      return "CANNOT TELL: " + comparison.reasons.front();
    case Verdict::NotComparable:
      return "NOT COMPARABLE: " + comparison.reasons.front();
    case Verdict::NoRegression:
      return headline_of_pass(comparison);
  }
  return {};
}

}  // namespace tcpstep
