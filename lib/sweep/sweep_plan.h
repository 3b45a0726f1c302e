// What to send: the rounds of a sweep, in their order, and the bytes of each payload.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "lib/base/units.h"
#include "lib/protocol/frame.h"
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

// Hands out payloads without allocating: each is a window of one buffer filled in advance.
// Successive windows overlap as little as the buffer allows, so that a compressor with a history
// of 64 KiB or less has not seen a payload's bytes before.
class PayloadSource {
 public:
  // Touches all memory it will ever use. The same seed gives the same bytes.
  PayloadSource(PayloadSize largest, Fill fill, std::uint64_t seed,
                Framing framing = Framing::None);

  // A payload of that many bytes: the last one is the sentinel and no other one equals it, nor the
  // mark of a frame. With Framing::WebSocket it is a message instead, of at least kSmallestMessage
  // bytes.
  // Valid until the next call. `size` must not exceed `largest`.
  [[nodiscard]] std::span<const std::byte> next(PayloadSize size);

 private:
  std::vector<std::byte> buffer_;
  std::size_t begin_ = 0;           // where the next window starts
  std::size_t sentinel_at_ = 0;     // where the current window ends
  std::byte replaced_by_sentinel_;  // the fill byte to put back there
  Framing framing_;
};

}  // namespace tcpstep
