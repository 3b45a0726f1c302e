// The rounds of a sweep, in the order to send.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lib/base/units.h"
#include "lib/protocol/sweep_spec.h"

namespace tcpstep {

// One pass over all payload sizes. Number 0 is warm-up.
struct Round {
  std::uint32_t number;
  std::span<const PayloadSize> sizes;  // in the order to send; valid until the next round is made
};

// The same sizes as those of WebSocket messages, of which none is smaller than its header.
[[nodiscard]] std::vector<PayloadSize> sizes_of_messages(std::vector<PayloadSize> sizes);

// Hands out the rounds of a sweep one after the other: first the warm-up rounds, numbered 0,
// then 1 … rounds. The same sizes and seed give the same orders on every machine.
class SweepPlan {
 public:
  // `sizes` are ascending, without duplicates, not empty; those of `spec` are not used.
  SweepPlan(std::vector<PayloadSize> sizes, const SweepSpec& spec);

  [[nodiscard]] const std::vector<PayloadSize>& sizes() const { return sizes_; }
  [[nodiscard]] std::uint32_t rounds_with_warmup() const { return warmup_rounds_ + rounds_; }

  // Round `index` of rounds_with_warmup().
  [[nodiscard]] Round round(std::uint32_t index);

 private:
  std::vector<PayloadSize> sizes_;
  std::uint32_t rounds_;
  std::uint32_t warmup_rounds_;
  Order order_;
  std::uint64_t seed_;
  std::vector<PayloadSize> shuffled_;
};

}  // namespace tcpstep
