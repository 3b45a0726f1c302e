#include "lib/base/size_list.h"

#include <algorithm>

namespace tcpstep {
namespace {

constexpr PayloadSize kReference(1);
constexpr PayloadSize kLargestByDefault(9901);

}  // namespace

PayloadSize SizeList::largest() const {
  const PayloadSize given = fixed.empty() ? kReference : fixed.back();
  return has_boundaries ? std::max(given, kLargestByDefault) : given;
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
  std::ranges::sort(sizes);
  sizes.erase(std::unique(sizes.begin(), sizes.end()), sizes.end());
  total = 0;
  for (const PayloadSize size : sizes) {
    total += size.bytes();
  }
  return total <= kLargestRoundBytes ? std::optional(std::move(sizes)) : std::nullopt;
}

}  // namespace tcpstep
