// What tcpstep-analyze was asked to do.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "analysis/ab_options.h"
#include "analysis/compare_options.h"
#include "analysis/history_options.h"
#include "lib/base/units.h"
#include "lib/report/link_runs.h"
#include "lib/stats/statistic.h"

namespace tcpstep {

enum class ReportFormat : std::uint8_t { Text, Markdown, Csv, Json, Html };

struct ReportOptions {
  std::vector<std::filesystem::path> files;
  RttClock clock = RttClock::Application;
  Statistic statistic = Statistic::minimum();
  ReportFormat format = ReportFormat::Text;
  bool has_fit = false;      // text and Markdown: the penalties fitted at the boundary, too
  bool has_details = false;  // text: the table of each of several links, too
};

struct PlotOptions {
  std::vector<std::filesystem::path> files;
  RttClock clock = RttClock::Application;
  std::filesystem::path directory;
  bool is_together = false;
  std::optional<std::filesystem::path> file;  // one picture, instead of all into `directory`
  std::optional<std::string> title;           // of that one
};

struct ValidateOptions {
  std::vector<std::filesystem::path> files;
};

struct RepairOptions {
  std::filesystem::path file;
  std::optional<std::filesystem::path> output;  // empty: in its place
};

enum class ExportFormat : std::uint8_t {
  OpenMetrics,
  GithubActionBenchmark,
  Bencher,
  Go,
  Csv,
  Hgrm
};

struct ExportOptions {
  std::vector<std::filesystem::path> files;
  RttClock clock = RttClock::Application;
  Statistic statistic = Statistic::minimum();
  ExportFormat format = ExportFormat::OpenMetrics;
  std::optional<PayloadSize> size;  // hgrm: of this size, otherwise of the smallest
};

enum class ForeignTool : std::uint8_t { Sockperf, Irtt, Lagscope };

struct ImportOptions {
  ForeignTool from = ForeignTool::Sockperf;
  std::vector<std::filesystem::path> files;
  std::string link;
  std::filesystem::path output;
};

using AnalyzeOptions =
    std::variant<ReportOptions, PlotOptions, ValidateOptions, RepairOptions, ExportOptions,
                 ImportOptions, CompareOptions, HistoryOptions, AbOptions>;

// Empty if help or the version was asked for. Throws UsageError.
[[nodiscard]] std::optional<AnalyzeOptions> parse_analyze_options(int argc,
                                                                  const char* const* argv);

}  // namespace tcpstep
