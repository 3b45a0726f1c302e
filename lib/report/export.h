// Penalty tables in the formats of other programs.
#pragma once

#include <span>
#include <string>

#include "lib/report/penalty_table.h"

namespace tcpstep {

// OpenMetrics text, as node_exporter's textfile collector and GitLab read it too; times in seconds.
[[nodiscard]] std::string export_openmetrics(std::span<const PenaltyTable> tables);

// The array of github-action-benchmark's customSmallerIsBetter: one entry per class.
[[nodiscard]] std::string export_github_action_benchmark(std::span<const PenaltyTable> tables);

// Bencher Metric Format: one benchmark per class, measure "latency" in nanoseconds.
[[nodiscard]] std::string export_bencher(std::span<const PenaltyTable> tables);

// One line per payload size, times in ns: what a spreadsheet wants.
[[nodiscard]] std::string export_csv(std::span<const LinkRuns> links);

// The percentiles of one size as HdrHistogram prints them (.hgrm), in microseconds.
[[nodiscard]] std::string export_hgrm(const SampleSketch& samples);

}  // namespace tcpstep
