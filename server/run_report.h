// What the process of a run reports to the server's process at its end.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/units.h"
#include "lib/report/penalty_table.h"
#include "lib/sweep/sweep_session.h"
#include "server/metrics.h"

namespace tcpstep {

// What the log says of a run that this host has measured: key and text.
using RunWarnings = std::vector<std::pair<std::string, std::string>>;

struct RunReport {
  std::string status;
  MeasuredLink link{};
  ClassMinima minima{};                  // empty if the other end has measured
  std::vector<std::string> spoilers{};   // keys of the warnings of its table
  std::optional<std::uint64_t> bytes{};  // on disk, of its file; nothing if that is not known
  std::string file{};                    // its path; empty if there is none
  std::string fault{};                   // for the log, if something went wrong
  RunWarnings warnings{};
};

// Whether somebody is to blame for the end of a run with this status.
[[nodiscard]] bool is_failure(const std::string& status);

// What went wrong, for the log; empty after a run that is whole, or that this server has ended.
[[nodiscard]] std::string fault_of(const RunOutcome& outcome, Duration timeout);

// As one message, and back. decode_report() throws if it is not one.
[[nodiscard]] std::string encode(const RunReport& report);
[[nodiscard]] RunReport decode_report(std::string_view message);

// Fastest RTT of each class of the table of `link`.
[[nodiscard]] ClassMinima minima_of(const PenaltyTable& penalties, const LinkRuns& link);

}  // namespace tcpstep
