// In which order the runs of two sides are launched.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tcpstep {

struct AbLaunch {
  char side;               // 'a' or 'b'
  std::uint32_t block;     // from 1
  std::uint32_t position;  // from 1, in all launches
  std::uint64_t seed;      // for the run
  std::string file;        // "a-01.csv"
};

// How the order of the launches is drawn, for the header of a run.
inline constexpr const char* kAbOrder = "blocks of A, A, B, B in random order";

// `runs` launches of each side in blocks of four, each block A, A, B, B in its own random order; an
// odd run makes a last block of two. The same for the same seed.
[[nodiscard]] std::vector<AbLaunch> plan_ab(std::uint32_t runs, std::uint64_t seed);

}  // namespace tcpstep
