#include "lib/base/size_list.h"

#include <algorithm>
#include <bit>
#include <cstddef>

namespace tcpstep {
namespace {

constexpr PayloadSize kReference(1);
constexpr PayloadSize kLargestByDefault(9901);
constexpr std::uint32_t kSmallestMss = 48;  // that Linux sends with (TCP_MIN_SND_MSS)

}  // namespace

std::vector<PayloadSize> ascending(const std::vector<PayloadSize>& sizes) {
  constexpr std::uint32_t kBits = 64;
  if (sizes.empty()) {
    return {};
  }
  std::vector<std::uint64_t> present(std::ranges::max(sizes).bytes() / kBits + 1);
  for (const PayloadSize size : sizes) {
    present[size.bytes() / kBits] |= std::uint64_t{1} << size.bytes() % kBits;
  }
  std::vector<PayloadSize> result;
  result.reserve(sizes.size());
  for (std::size_t word = 0; word < present.size(); ++word) {
    for (std::uint64_t bits = present[word]; bits != 0; bits &= bits - 1) {
      result.emplace_back(static_cast<std::uint32_t>(word) * kBits +
                          static_cast<std::uint32_t>(std::countr_zero(bits)));
    }
  }
  return result;
}

PayloadSize SizeList::largest() const {
  const PayloadSize given = fixed.empty() ? kReference : fixed.back();
  return has_boundaries ? std::max(given, kLargestByDefault) : given;
}

std::uint64_t SizeList::most() const {
  const std::uint64_t boundaries = largest().bytes() / kSmallestMss;
  return std::max<std::uint64_t>(fixed.size(), 1) + (has_boundaries ? 4 * boundaries : 0);
}

std::optional<std::vector<PayloadSize>> SizeList::resolve(std::optional<Mss> mss) const {
  const PayloadSize given = fixed.empty() ? kReference : fixed.back();
  const bool has_room = mss && given.bytes() > mss->bytes();
  const std::uint32_t last = (has_room ? given : largest()).bytes();
  std::vector<PayloadSize> sizes = fixed;
  if (sizes.empty()) {
    sizes.push_back(kReference);
  }
  std::uint64_t total = 0;  // of these boundaries; a size may be among them more than once
  if (has_boundaries && mss) {
    for (std::uint32_t boundary = mss->bytes(); boundary <= last; boundary += mss->bytes()) {
      for (std::uint32_t bytes = std::max(boundary, 2U) - 1; bytes <= boundary + 2; ++bytes) {
        if (bytes <= last) {
          sizes.emplace_back(bytes);
          total += bytes;
        }
      }
      if (total > 4 * kLargestRoundBytes) {
        return std::nullopt;
      }
    }
  }
  if (sizes.size() > fixed.size()) {
    sizes = ascending(sizes);
  }
  total = 0;
  for (const PayloadSize size : sizes) {
    total += size.bytes();
  }
  return total <= kLargestRoundBytes ? std::optional(std::move(sizes)) : std::nullopt;
}

}  // namespace tcpstep
