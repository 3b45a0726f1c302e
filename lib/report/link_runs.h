// All runs of one link, brought together size by size.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "lib/base/units.h"
#include "lib/report/link_facts.h"
#include "lib/runfile/run_reader.h"

namespace tcpstep {

// With every sample: what pictures of all results and tests need.
struct LinkRuns : LinkFacts {
  // The counted samples of each size: warm-up, lost and retransmitted ones are not among them.
  // Ascending in every series after sort_series().
  std::map<PayloadSize, std::vector<Duration>> series;

  [[nodiscard]] std::uint64_t samples() const;
};

class RunCollection {
 public:
  explicit RunCollection(RttClock clock = RttClock::Application) : clock_(clock) {}

  // Reads the rest of `run` and adds it to the runs of its link and MSS; false if that run has been
  // added before, from another file: then it counts once.
  // If it throws RunFileError, nothing of that file has been added.
  bool add(RunReader& run);

  // In the order in which the links first came; every series ascending.
  [[nodiscard]] std::span<const LinkRuns> links();

 private:
  RttClock clock_;
  std::vector<LinkRuns> links_;
  std::set<std::string> known_runs_;
};

}  // namespace tcpstep
