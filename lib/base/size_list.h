// Payload sizes as requested; some are known only once the MSS is.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/units.h"

namespace tcpstep {

inline constexpr std::uint64_t kLargestRoundBytes = std::uint64_t{1} << 30U;  // 1 GiB

// The same sizes, ascending and without duplicates. In linear time: a stranger may ask for many.
[[nodiscard]] std::vector<PayloadSize> ascending(const std::vector<PayloadSize>& sizes);

struct SizeList {
  std::vector<PayloadSize> fixed;  // ascending, without duplicates
  bool has_boundaries = false;     // and the sizes around every multiple of the MSS
  std::string text;                // as given: "1:9901:100,boundaries"

  // What no size of a run will exceed, whatever the MSS.
  [[nodiscard]] PayloadSize largest() const;

  // How many sizes a run can have at most, whatever the MSS.
  [[nodiscard]] std::uint64_t most() const;

  // All sizes of a run, ascending and without duplicates, never empty. Boundaries are k·MSS - 1,
  // k·MSS, k·MSS + 1 and k·MSS + 2, up to the largest fixed size, or up to 9901 if that lies before
  // the first boundary; 1 is the reference if no size was given. Without an MSS there are no
  // boundaries.
  // Nothing if one pass over them were more than kLargestRoundBytes.
  [[nodiscard]] std::optional<std::vector<PayloadSize>> resolve(std::optional<Mss> mss) const;
};

// Payload sizes in bytes: numbers, ranges first:last:step, and "boundaries", joined by commas,
// for instance "1:9901:100" or "1,100,5000,boundaries" (see SizeList for what boundaries adds). One
// pass over them is at most 1 GiB. Throws UsageError, which quotes the text.
[[nodiscard]] SizeList parse_sizes(std::string_view text);

}  // namespace tcpstep
