// When runs allow no verdict on their times.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/compare/comparison.h"
#include "lib/compare/eligibility.h"
#include "lib/compare/run_order.h"
#include "lib/stats/max_t.h"

namespace tcpstep {

// The false alarms allowed in each family that can raise any; together `alpha`.
struct ErrorLevels {
  double main;    // floors, steps, medians, tails
  double local;   // sizes one by one
  double losses;  // resent pings
};

// Adds a reason; the first remedy is kept.
void refuse(Comparison& result, std::string reason, std::string_view remedy);

// Each adds its objections: the number, the order and the state of the runs; lost and resent
// pings; sizes that not all runs have.
void check_runs(Comparison& result, const RunOrder& order, const ErrorLevels& levels);
void check_losses(Comparison& result, const RunOrder& order);
void check_sizes(Comparison& result, const CommonSizes& common, bool is_any_empty);

// A rise of the share of pings of which something was resent, of the first launches. Lost pings do
// not show their cause.
struct LossRise {
  double before;
  double now;
  double p;  // adjusted

  [[nodiscard]] std::string text() const;  // "1.2 % of the pings needed a retransmission, ..."
};

// False if so little was resent in every run that no labels make a rise that matters.
[[nodiscard]] bool can_losses_rise(const RunOrder& order);

// Empty if it is too small to matter.
[[nodiscard]] std::optional<LossRise> rise_of_losses(const RunOrder& order, const MaxT& test);

// Says which launches were repeated.
void note_repeated(Comparison& result, const RunOrder& order);

}  // namespace tcpstep
