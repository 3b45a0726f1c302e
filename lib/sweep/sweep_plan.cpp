#include "lib/sweep/sweep_plan.h"

#include <algorithm>
#include <cassert>
#include <random>
#include <utility>

namespace tcpstep {
namespace {

// Durstenfeld's shuffle, Communications of the ACM 7 (1964) 420. Not std::shuffle: what that draws
// from a generator is left to each standard library, and a seed must mean the same order
// everywhere. The bias of the modulo is below 2^-43 for the at most 2^20 sizes there can be.
void shuffle(std::span<PayloadSize> sizes, std::mt19937_64& generator) {
  for (std::size_t left = sizes.size(); left > 1; --left) {
    std::swap(sizes[left - 1], sizes[generator() % left]);
  }
}

}  // namespace

SweepPlan::SweepPlan(SweepOptions options) : options_(std::move(options)), order_(options_.sizes) {
  assert(!options_.sizes.empty() && std::ranges::is_sorted(options_.sizes));
}

Round SweepPlan::round(std::uint32_t index) {
  assert(index < rounds_with_warmup());
  if (options_.order == Order::Shuffled) {
    std::ranges::copy(options_.sizes, order_.begin());
    std::seed_seq words{static_cast<std::uint32_t>(options_.seed),
                        static_cast<std::uint32_t>(options_.seed >> 32U), index};
    std::mt19937_64 generator(words);
    shuffle(order_, generator);
  }
  const std::uint32_t warmup = options_.warmup_rounds;
  return {.number = index < warmup ? 0 : index - warmup + 1, .sizes = order_};
}

}  // namespace tcpstep
