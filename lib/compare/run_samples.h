// One run with all its samples, as a comparison needs it.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/units.h"
#include "lib/report/link_runs.h"
#include "lib/runfile/run_reader.h"

namespace tcpstep {

struct RunSamples {
  std::string name;      // the file's, for words
  std::string identity;  // the same run has the same, wherever its file lies
  RunHeader header;
  std::optional<std::chrono::sys_time<Duration>> started;
  std::string status;  // of the trailer; empty without one

  std::size_t rounds = 0;           // the largest number of pings of any size
  std::uint64_t pings = 0;          // counted ones: lost and retransmitted ones are among them
  std::uint64_t lost = 0;           // of these, without an RTT by the clock asked for
  std::uint64_t retransmitted = 0;  // of these, with a retransmission

  // What is left of each size, in the order measured.
  std::map<PayloadSize, std::vector<Duration>> series;

  [[nodiscard]] bool is_complete() const { return status == kComplete; }
  [[nodiscard]] bool is_virtual() const { return header.find("lab_time") == "virtual"; }
};

// Reads the rest of `reader`. Throws RunFileError.
[[nodiscard]] RunSamples read_run_samples(RunReader& reader, std::string name, RttClock clock);

// "2026-11-22T16:41:59.254708Z"; nothing if it is anything else.
[[nodiscard]] std::optional<std::chrono::sys_time<Duration>> parse_utc(std::string_view text);

}  // namespace tcpstep
