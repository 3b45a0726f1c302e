#include "lib/sweep/black_hole.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/base/text.h"

namespace tcpstep {

std::optional<BlackHole> suspect_black_hole(std::uint64_t largest, const SweepSpec& sweep,
                                            const PathInfo& path) {
  const std::uint32_t segment = path.mss ? path.mss->bytes() : PayloadSize::kLargest;
  const std::uint32_t needed = std::min(sweep.sizes.largest().bytes(), segment);
  return largest < needed
             ? std::optional(BlackHole{.passed_bytes = static_cast<std::uint32_t>(largest)})
             : std::nullopt;
}

std::string describe(const BlackHole& hole, const PathInfo& path) {
  const std::uint32_t headers = path.mss && path.path_mtu && *path.path_mtu > path.mss->bytes()
                                    ? *path.path_mtu - path.mss->bytes()
                                    : 0;
  std::string text = "no payload arrived";
  if (hole.lost_bytes > 0) {
    text = fmt::format("payloads of up to {} passed; {} were sent {} times and never acknowledged",
                       count_of(hole.passed_bytes, "byte"), count_of(hole.lost_bytes, "byte"),
                       hole.times_sent);
  } else if (hole.passed_bytes > 0) {
    text = fmt::format("payloads of up to {} arrived, and no larger one",
                       count_of(hole.passed_bytes, "byte"));
  }
  const bool knows_size = hole.passed_bytes > 1;
  const bool may_be_down = !knows_size && hole.lost_bytes == 0;
  return fmt::format("{}: the path may {}drop {} and the ICMP messages that say so", text,
                     may_be_down ? "be down, or " : "",
                     knows_size && headers > 0
                         ? fmt::format("packets of more than {} bytes", hole.passed_bytes + headers)
                         : "larger packets");
}

std::string trailer_facts(const std::optional<BlackHole>& hole) {
  std::string facts;
  const auto add = [&](std::string_view key, std::uint32_t value) {
    facts += value > 0 ? fmt::format(" {}={}", key, value) : "";
  };
  if (hole) {
    add("passed_bytes", hole->passed_bytes);
    add("lost_bytes", hole->lost_bytes);
    add("times_sent", hole->times_sent);
  }
  return facts;
}

}  // namespace tcpstep
