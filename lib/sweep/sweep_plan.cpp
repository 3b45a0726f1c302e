#include "lib/sweep/sweep_plan.h"

#include <algorithm>
#include <cassert>
#include <random>
#include <utility>

#include "lib/protocol/websocket.h"

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

std::vector<PayloadSize> sizes_of_messages(std::vector<PayloadSize> sizes) {
  std::ranges::replace_if(
      sizes, [](PayloadSize size) { return size.bytes() < kSmallestMessage; },
      PayloadSize(kSmallestMessage));
  sizes.erase(std::unique(sizes.begin(), sizes.end()), sizes.end());
  return sizes;
}

SweepPlan::SweepPlan(std::vector<PayloadSize> sizes, const SweepSpec& spec)
    : sizes_(std::move(sizes)),
      rounds_(spec.rounds),
      warmup_rounds_(spec.warmup_rounds),
      order_(spec.order),
      seed_(spec.seed.value_or(0)),
      shuffled_(sizes_) {
  assert(!sizes_.empty() && std::ranges::is_sorted(sizes_));
}

Round SweepPlan::round(std::uint32_t index) {
  assert(index < rounds_with_warmup());
  if (order_ == Order::Shuffled) {
    std::ranges::copy(sizes_, shuffled_.begin());
    std::seed_seq words{static_cast<std::uint32_t>(seed_), static_cast<std::uint32_t>(seed_ >> 32U),
                        index};
    std::mt19937_64 generator(words);
    shuffle(shuffled_, generator);
  }
  return {.number = index < warmup_rounds_ ? 0 : index - warmup_rounds_ + 1, .sizes = shuffled_};
}

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
