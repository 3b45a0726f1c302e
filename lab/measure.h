// tcpstep-lab measure and run: sweeps and commands over emulated links.
#pragma once

#include <filesystem>
#include <set>
#include <span>
#include <string>

#include "lab/hosts_run.h"
#include "lab/options.h"
#include "lib/runfile/run_reader.h"

namespace tcpstep {

// What the emulator's punctuality means for a run.
struct Faithfulness {
  Duration base{0};  // the one-byte time that the model predicts
  Duration p50{0};
  Duration p99{0};
  std::set<PayloadSize> doubtful;  // sizes whose least RTT the machine may have spoilt
  bool is_faithful = true;

  // "emulator late by 3 µs (p50), 41 µs (p99): 0.2 % of 20.94 ms"
  [[nodiscard]] std::string text() const;
};

// `rows` are the results, if there are any to judge.
[[nodiscard]] Faithfulness judge(const HostsRunOutcome& outcome, const Profile& profile,
                                 double tolerance, std::span<const Row> rows = {});

// Measures every link and prints the names of the result files. The status is 1 if a run failed or
// was not faithful; its file then is kept and says so.
int measure(const MeasureOptions& options);

// Runs the command; the status is its own, or 1 if that is 0 and the link was not faithful.
int run_command(const RunOptions& options);

}  // namespace tcpstep
