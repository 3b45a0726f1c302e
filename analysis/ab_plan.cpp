#include "analysis/ab_plan.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "lib/base/random.h"

namespace tcpstep {

std::vector<AbLaunch> plan_ab(std::uint32_t runs, std::uint64_t seed) {
  Random random(seed);
  std::vector<AbLaunch> launches;
  std::array<std::uint32_t, 2> made{};
  for (std::uint32_t block = 1; made[0] < runs; ++block) {
    const bool is_whole = runs - made[0] >= 2;
    std::string sides = is_whole ? "aabb" : "ab";
    for (auto left = static_cast<std::uint32_t>(sides.size()); left > 1; --left) {
      std::swap(sides[left - 1], sides[random.below(left)]);
    }
    for (const char side : sides) {
      const std::uint32_t number = ++made[side == 'a' ? 0 : 1];
      launches.push_back({.side = side,
                          .block = block,
                          .position = static_cast<std::uint32_t>(launches.size()) + 1,
                          .seed = random.next(),
                          .file = fmt::format("{}-{:02}.csv", side, number)});
    }
  }
  return launches;
}

}  // namespace tcpstep
