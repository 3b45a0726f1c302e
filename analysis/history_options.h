// What tcpstep-analyze history was asked to do.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "analysis/common_options.h"
#include "analysis/selection.h"
#include "lib/compare/history.h"
#include "lib/runfile/run.h"

namespace tcpstep {

enum class HistoryFormat : std::uint8_t { Text, Markdown, Csv, Json, Html };

struct HistoryOptions {
  Selection series;
  RunPart by = RunPart::None;  // one series for each; a day is a point of a series
  RttClock clock = RttClock::Application;
  HistorySettings settings;
  HistoryFormat format = HistoryFormat::Text;
  Outputs output;
  bool is_advisory = false;  // the exit status is 0 whatever the verdict
};

// Of `history` without options, for an overview.
[[nodiscard]] HistorySettings default_history_settings();

// Empty if help was asked for. Throws UsageError. argv[0] is the command's name.
[[nodiscard]] std::optional<HistoryOptions> parse_history_options(int argc,
                                                                  const char* const* argv);

}  // namespace tcpstep
