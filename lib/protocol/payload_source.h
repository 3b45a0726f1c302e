// Makes the payloads of a run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "lib/base/units.h"
#include "lib/protocol/sweep_spec.h"

namespace tcpstep {

// What makes a payload a message for the other end.
enum class Framing : std::uint8_t {
  None,       // its last byte
  WebSocket,  // frame headers, which are a part of it: see write_binary_message()
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
