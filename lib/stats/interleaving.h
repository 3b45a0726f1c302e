// In which order the runs of the two sides were made, and what may be exchanged in it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace tcpstep {

enum class Side : std::uint8_t { Baseline, Candidate };

// For each run of `order` (the order in time) the number of its block, from 0. A block is closed as
// soon as it holds two runs of each side; what remains joins the last one. Runs that were made one
// side after the other are one block.
[[nodiscard]] std::vector<std::size_t> blocks_of(std::span<const Side> order);

// How many blocks there are.
[[nodiscard]] std::size_t count_blocks(std::span<const std::size_t> blocks);

// The median of all differences candidate - baseline inside a block: Hodges & Lehmann, Annals of
// Mathematical Statistics 34 (1963) 598. All three have one element for each run; some block has
// runs of both sides.
[[nodiscard]] double hodges_lehmann(std::span<const double> values, std::span<const Side> order,
                                    std::span<const std::size_t> blocks);

}  // namespace tcpstep
