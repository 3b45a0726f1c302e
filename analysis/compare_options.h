// What tcpstep-analyze compare was asked to do.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "analysis/common_options.h"
#include "analysis/selection.h"
#include "lib/compare/comparison.h"
#include "lib/report/penalty_table.h"

namespace tcpstep {

enum class CompareFormat : std::uint8_t { Text, Markdown, Json, Junit, Github };

struct CompareOptions {
  std::vector<std::filesystem::path> baseline;
  std::vector<std::filesystem::path> candidate;
  std::vector<RunFilter> filters;  // of both sides
  RttClock clock = RttClock::Application;
  CompareSettings settings;
  CompareFormat format = CompareFormat::Text;
  Outputs output;
  bool is_advisory = false;  // the exit status is 0 whatever the verdict
};

// --tolerance and --lenient: what a pass has to rule out.
void declare_tolerance(CommandLine& line);
[[nodiscard]] double tolerance_of(const OptionValues& values);

// Empty if help was asked for. Throws UsageError. argv[0] is the command's name.
[[nodiscard]] std::optional<CompareOptions> parse_compare_options(int argc,
                                                                  const char* const* argv);

}  // namespace tcpstep
