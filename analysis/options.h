// What tcpstep-analyze was asked to do.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "analysis/compare_options.h"
#include "lib/report/link_runs.h"
#include "lib/stats/statistic.h"

namespace tcpstep {

enum class ReportFormat : std::uint8_t { Text, Markdown, Csv, Json };

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

using AnalyzeOptions = std::variant<ReportOptions, PlotOptions, CompareOptions>;

// Empty if help or the version was asked for. Throws UsageError.
[[nodiscard]] std::optional<AnalyzeOptions> parse_analyze_options(int argc,
                                                                  const char* const* argv);

}  // namespace tcpstep
