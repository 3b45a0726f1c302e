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
#include "analysis/selection.h"
#include "lib/base/units.h"
#include "lib/report/matrix.h"
#include "lib/report/penalty_table.h"
#include "lib/stats/statistic.h"

namespace tcpstep {

enum class ReportFormat : std::uint8_t { Text, Markdown, Csv, Json, Html };

struct ReportOptions {
  Selection runs;
  RunPart by = RunPart::None;
  RttClock clock = RttClock::Application;
  Statistic statistic = Statistic::minimum();
  ReportFormat format = ReportFormat::Text;
  bool has_fit = false;          // text and Markdown: the penalties fitted at the boundary, too
  bool has_details = false;      // text: the table of each of several links, too
  std::filesystem::path output;  // instead of standard output
};

struct ShowOptions {
  Selection runs;
};

struct PlotOptions {
  Selection runs;
  RunPart by = RunPart::None;
  RttClock clock = RttClock::Application;
  std::filesystem::path output;  // a folder, or the one picture
  bool is_together = false;
  std::optional<std::string> title;  // of the one picture
};

struct ValidateOptions {
  Selection runs;
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
  Selection runs;
  RttClock clock = RttClock::Application;
  Statistic statistic = Statistic::minimum();
  ExportFormat format = ExportFormat::OpenMetrics;
  std::optional<PayloadSize> size;  // hgrm: of this size, otherwise of the smallest
  std::filesystem::path output;     // instead of standard output
};

enum class MatrixFormat : std::uint8_t { Text, Csv, Json, Html };

struct MatrixOptions {
  Selection runs;
  MatrixStatistic statistic;
  MatrixFormat format = MatrixFormat::Text;
  Outputs output;
};

enum class ForeignTool : std::uint8_t { Sockperf, Irtt, Lagscope };

struct ImportOptions {
  ForeignTool from = ForeignTool::Sockperf;
  std::vector<std::filesystem::path> files;
  std::string link;
  std::filesystem::path output;
};

using AnalyzeOptions = std::variant<ReportOptions, ShowOptions, PlotOptions, ValidateOptions,
                                    RepairOptions, ExportOptions, ImportOptions, CompareOptions,
                                    HistoryOptions, AbOptions, MatrixOptions>;

// Empty if help or the version was asked for. Throws UsageError.
[[nodiscard]] std::optional<AnalyzeOptions> parse_analyze_options(int argc,
                                                                  const char* const* argv);

}  // namespace tcpstep
