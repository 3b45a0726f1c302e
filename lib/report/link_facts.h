// What is known of the runs of one link besides their samples.
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
#include "lib/runfile/run_header.h"

namespace tcpstep {

// Which time stands for a ping.
enum class RttClock : std::uint8_t {
  Application,  // rtt_ns: from before the send to after the recv
  Kernel,       // kernel_rtt_ns: without the two stacks of the measuring host
};

// Runs are brought together if both link and MSS agree: another MSS puts the boundaries elsewhere.
struct LinkFacts {
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

  std::string identity;      // of the first run; empty if the file does not tell
  std::vector<RunFit> fits;  // of the complete runs whose sizes tell one
};

// The facts of a run before its rows are read: no run is counted yet.
[[nodiscard]] LinkFacts facts_of(const RunHeader& header, RttClock clock);

// Counts the run, now that its rows and its trailer were read. `largest` is its largest counted
// size.
void count_run(LinkFacts& run, const std::optional<RunTrailer>& trailer,
               std::optional<PayloadSize> largest);

// After count_run(): fits the run, if it is complete. `endpoints` has the endpoint estimate of
// every size with two samples or more.
void add_fit(LinkFacts& run, std::span<const SizeTime> endpoints);

// True if the two are runs of one link and MSS.
[[nodiscard]] bool is_same_link(const LinkFacts& one, const LinkFacts& other);

// Adds the counts of another run of the link, and notes the settings in which it differs.
void add_facts(LinkFacts& link, const LinkFacts& added);

}  // namespace tcpstep
