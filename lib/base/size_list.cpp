#include "lib/base/size_list.h"

#include <algorithm>

namespace tcpstep {
namespace {

constexpr PayloadSize kReference(1);
constexpr PayloadSize kLargestByDefault(9901);

}  // namespace

PayloadSize SizeList::largest() const {
  return fixed.empty() ? kLargestByDefault : fixed.back();
}

std::optional<std::vector<PayloadSize>> SizeList::resolve(std::optional<Mss> mss) const {
  const std::uint32_t last = largest().bytes();
  std::vector<PayloadSize> sizes = fixed;
  if (sizes.empty()) {
    sizes.push_back(kReference);
  }
  if (has_boundaries && mss) {
    for (std::uint32_t boundary = mss->bytes(); boundary <= last; boundary += mss->bytes()) {
      for (std::uint32_t bytes = std::max(boundary, 2U) - 1; bytes <= boundary + 2; ++bytes) {
        if (bytes <= last) {
          sizes.emplace_back(bytes);
        }
      }
    }
  }
  std::ranges::sort(sizes);
  sizes.erase(std::unique(sizes.begin(), sizes.end()), sizes.end());
  std::uint64_t total = 0;
  for (const PayloadSize size : sizes) {
    total += size.bytes();
  }
  return total <= kLargestRoundBytes ? std::optional(std::move(sizes)) : std::nullopt;
}

}  // namespace tcpstep
