// What all renderers of comparisons share: the text of lines and cells.
#pragma once

#include <array>
#include <span>
#include <string>
#include <vector>

#include "lib/base/screen_text.h"
#include "lib/base/text.h"
#include "lib/compare/comparison.h"

namespace tcpstep {

using TextGrid = std::vector<std::vector<std::string>>;  // rows of cells

// family, segments, times of both sides, change, 95 % interval, adjusted p, finding.
using ContrastCells = std::array<std::string, 8>;
inline constexpr std::array kContrastTitles{"family", "segments",      "before",     "now",
                                            "change", "95 % interval", "adjusted p", ""};
[[nodiscard]] ContrastCells cells_of(const ContrastResult& row);
// Of the contrasts worth a row, with all times in one unit. Where all sizes are in one class, what
// is said of all of them is not said again of that class.
[[nodiscard]] std::vector<ContrastCells> contrast_rows(const Comparison& comparison);

// bytes, segments, differing, floor, mean, share.
using ExactCells = std::array<std::string, 6>;
inline constexpr std::array kExactTitles{"payload bytes", "segments", "pings that differ",
                                         "floor",         "mean",     "share"};
[[nodiscard]] ExactCells cells_of(const ExactDifference& row);
[[nodiscard]] std::vector<ExactCells> exact_rows(const Comparison& comparison);

// Rows below titles. Where a screen has no room, the column of the highest rank goes first; those
// of rank 0 stay.
[[nodiscard]] std::string rows_text(std::span<const char* const> titles,
                                    std::span<const unsigned> ranks, const TextGrid& rows,
                                    const Screen& screen);

// "10 baseline and 10 candidate runs in 5 blocks, 20 rounds, 100 sizes".
[[nodiscard]] std::string extent(const Comparison& comparison);

// The same after the link and before the MSS.
[[nodiscard]] std::string subject_line(const Comparison& comparison);

// The lines below the verdict: reasons, remedy, findings, notes, environment.
[[nodiscard]] std::vector<std::string> remarks(const Comparison& comparison);

}  // namespace tcpstep
