// All runs of one link, brought together size by size.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "lib/base/units.h"
#include "lib/report/fitted_penalties.h"
#include "lib/runfile/run_reader.h"

namespace tcpstep {

// Which time stands for a ping.
enum class RttClock : std::uint8_t {
  Application,  // rtt_ns: from before the send to after the recv
  Kernel,       // kernel_rtt_ns: without the two stacks of the measuring host
};

// Runs are brought together if both agree: another MSS puts the boundaries elsewhere.
struct LinkRuns {
  std::string link;
  std::optional<Mss> mss;

  std::uint32_t runs = 0;
  std::uint32_t partial_runs = 0;   // without trailer, or cut short by something
  std::uint32_t moved_runs = 0;     // in which the MSS changed below sizes that were measured
  std::uint64_t lost = 0;           // pings without an RTT
  std::uint64_t retransmitted = 0;  // pings with a retransmission, left out
  std::uint64_t unstamped = 0;      // pings without a kernel RTT, left out with RttClock::Kernel
  RttClock clock = RttClock::Application;
  std::string conditions;                       // "cubic, 2026-11-22" of the first run, for titles
  std::map<std::string, std::string> settings;  // of the first run, by key of the header
  std::set<std::string> differing;              // those in which another run is unlike it

  // The counted samples of each size: warm-up, lost and retransmitted ones are not among them.
  // Ascending in every series after sort_series().
  std::map<PayloadSize, std::vector<Duration>> series;

  std::vector<RunFit> fits;  // of the complete runs whose sizes tell one

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
