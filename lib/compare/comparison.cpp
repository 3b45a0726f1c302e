#include "lib/compare/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "lib/base/error.h"
#include "lib/compare/by_size.h"
#include "lib/compare/exact.h"
#include "lib/compare/run_test.h"

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
      notes.push_back(fmt::format("{} holds the run of {}: counted once", run.name, place->second));
    } else {
      throw WorldError(fmt::format("{} and {} hold the same run", place->second, run.name),
                       "A run compared with itself would always pass. Which is the candidate?");
    }
  }
  runs = std::move(once);
}

SideFacts facts_of(const std::vector<Run>& runs) {
  SideFacts facts{.runs = static_cast<std::uint32_t>(runs.size())};
  for (const Run& run : runs) {
    facts.lost += run.lost();
    facts.retransmitted += run.retransmitted();
  }
  if (!runs.empty() && std::all_of(runs.begin(), runs.end(), [&](const Run& run) {
        return run.key.mss == runs.front().key.mss;
      })) {
    facts.mss = runs.front().key.mss;
  }
  return facts;
}

bool is_one_mss(const std::vector<Run>& runs) {
  return std::all_of(runs.begin(), runs.end(),
                     [&](const Run& run) { return run.key.mss == runs.front().key.mss; });
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
  result.environment = environment_differences(baseline, candidate);
  if (!settings.ignores_environment) {
    result.reasons = why_not_comparable(baseline, candidate);
    if (!result.reasons.empty()) {
      result.verdict = Verdict::NotComparable;
      result.remedy = "If they are one thing all the same: --ignore-environment.";
      return result;
    }
  }
  for (const auto& [side, words] :
       {std::pair(&baseline, "baseline"), std::pair(&candidate, "candidate")}) {
    if (!is_one_mss(*side)) {
      result.reasons.push_back(fmt::format("the runs of the {} do not share one MSS", words));
      result.verdict = Verdict::NotComparable;
      result.remedy = "Compare runs of one MSS with runs of one MSS.";
      return result;
    }
  }
  const auto is_virtual = [](const Run& run) { return run.is_virtual(); };
  if (std::all_of(baseline.begin(), baseline.end(), is_virtual) &&
      std::all_of(candidate.begin(), candidate.end(), is_virtual)) {
    compare_exactly(result, baseline, candidate);
    result.by_size = levels_by_size(baseline, candidate);
  } else {
    RunTest(result, baseline, candidate).run();
  }
  return result;
}

}  // namespace tcpstep
