#include "lib/protocol/payload_source.h"

#include <random>

#include "lib/protocol/classic.h"
#include "lib/protocol/frame.h"
#include "lib/protocol/websocket.h"

namespace tcpstep {
namespace {

constexpr std::size_t kHistory = std::size_t{64} * 1024;

std::byte random_fill_byte(std::mt19937_64& generator) {
  for (;;) {
    const auto candidate = static_cast<std::byte>(generator() >> 56U);
    if (candidate != kSentinel && candidate != kFrameMark) {
      return candidate;
    }
  }
}

}  // namespace

PayloadSource::PayloadSource(PayloadSize largest, Fill fill, std::uint64_t seed, Framing framing)
    : buffer_(kHistory + largest.bytes(), std::byte{0}), framing_(framing) {
  if (fill == Fill::Random) {
    std::mt19937_64 generator(seed);
    for (std::byte& byte : buffer_) {
      byte = random_fill_byte(generator);
    }
  }
  replaced_by_sentinel_ = buffer_[sentinel_at_];
}

std::span<const std::byte> PayloadSource::next(PayloadSize size) {
  buffer_[sentinel_at_] = replaced_by_sentinel_;
  if (begin_ + size.bytes() > buffer_.size()) {
    begin_ = 0;
  }
  const auto window = std::span(buffer_).subspan(begin_, size.bytes());
  begin_ += size.bytes();
  sentinel_at_ = begin_ - 1;
  replaced_by_sentinel_ = window.back();
  window.back() = kSentinel;
  if (framing_ == Framing::WebSocket) {
    write_binary_message(window);  // later payloads have the header's bytes somewhere within
  }
  return window;
}

}  // namespace tcpstep
