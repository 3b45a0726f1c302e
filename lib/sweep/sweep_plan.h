// What a run will measure, before it runs: sizes, rounds, order and seed.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "lib/base/units.h"

namespace tcpstep {

enum class Order : std::uint8_t {
  Ascending,  // the seed's order: smallest payload first in every round
  Shuffled,   // a new random order in every round: no size always follows the same other one
};

struct SweepOptions {
  std::vector<PayloadSize> sizes;  // ascending, without duplicates, not empty
  std::uint32_t rounds = 20;
  std::uint32_t warmup_rounds = 1;
  Order order = Order::Ascending;
  std::uint64_t seed = 0;  // of the shuffling
};

// One pass over all payload sizes. Number 0 is warm-up.
struct Round {
  std::uint32_t number;
  std::span<const PayloadSize> sizes;  // in the order to send; valid until the next round is made
};

// Hands out the rounds of a sweep one after the other: first the warm-up rounds, numbered 0,
// then 1 … rounds. The same options give the same orders on every machine.
class SweepPlan {
 public:
  explicit SweepPlan(SweepOptions options);

  [[nodiscard]] const SweepOptions& options() const { return options_; }
  [[nodiscard]] PayloadSize largest_payload() const { return options_.sizes.back(); }
  [[nodiscard]] std::uint32_t rounds_with_warmup() const {
    return options_.warmup_rounds + options_.rounds;
  }

  // Round `index` of rounds_with_warmup().
  [[nodiscard]] Round round(std::uint32_t index);

 private:
  SweepOptions options_;
  std::vector<PayloadSize> order_;
};

}  // namespace tcpstep
