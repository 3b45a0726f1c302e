// What all renderers of comparisons share: the text of lines and cells.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "lib/compare/comparison.h"

namespace tcpstep {

// family, segments, times of both sides, change, 95 % interval, adjusted p, finding.
using ContrastCells = std::array<std::string, 8>;
inline constexpr std::array kContrastTitles{"family", "segments",      "before",     "now",
                                            "change", "95 % interval", "adjusted p", ""};
[[nodiscard]] ContrastCells cells_of(const ContrastResult& row);

// bytes, segments, differing, floor, mean, share.
using ExactCells = std::array<std::string, 6>;
inline constexpr std::array kExactTitles{"payload bytes", "segments", "pings that differ",
                                         "floor",         "mean",     "share"};
[[nodiscard]] ExactCells cells_of(const ExactDifference& row);

// "veth: 10 baseline and 10 candidate runs in 5 blocks, 20 rounds, 100 sizes, MSS 1448".
[[nodiscard]] std::string subject_line(const Comparison& comparison);

// The lines below the verdict: reasons, remedy, findings, notes, environment.
[[nodiscard]] std::vector<std::string> remarks(const Comparison& comparison);

}  // namespace tcpstep
