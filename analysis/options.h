// What tcpstep-analyze was asked to do.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "lib/report/link_runs.h"
#include "lib/stats/statistic.h"

namespace tcpstep {

enum class ReportFormat : std::uint8_t { Text, Markdown, Csv, Json, Html };

struct ReportOptions {
  std::vector<std::filesystem::path> files;
  RttClock clock = RttClock::Application;
  Statistic statistic = Statistic::minimum();
  ReportFormat format = ReportFormat::Text;
};

struct PlotOptions {
  std::vector<std::filesystem::path> files;
  RttClock clock = RttClock::Application;
  std::filesystem::path directory;
};

struct ValidateOptions {
  std::vector<std::filesystem::path> files;
};

struct RepairOptions {
  std::filesystem::path file;
  std::optional<std::filesystem::path> output;  // empty: in its place
};

using AnalyzeOptions = std::variant<ReportOptions, PlotOptions, ValidateOptions, RepairOptions>;

// Empty if help or the version was asked for. Throws UsageError.
[[nodiscard]] std::optional<AnalyzeOptions> parse_analyze_options(int argc,
                                                                  const char* const* argv);

}  // namespace tcpstep
