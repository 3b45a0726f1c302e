// What tcpstep-analyze history was asked to do.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "lib/compare/history.h"
#include "lib/runfile/run.h"

namespace tcpstep {

enum class HistoryFormat : std::uint8_t { Text, Markdown, Csv, Json };

struct HistoryOptions {
  std::vector<std::filesystem::path> files;  // or folders with result files in them
  RttClock clock = RttClock::Application;
  HistorySettings settings;
  HistoryFormat format = HistoryFormat::Text;
  std::optional<std::filesystem::path> plots;  // the folder
  bool is_advisory = false;                    // the exit status is 0 whatever the verdict
};

// Empty if help was asked for. Throws UsageError. argv[0] is the command's name.
[[nodiscard]] std::optional<HistoryOptions> parse_history_options(int argc,
                                                                  const char* const* argv);

}  // namespace tcpstep
