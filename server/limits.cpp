#include "server/limits.h"

#include <fmt/format.h>

#include "lib/base/text.h"

namespace tcpstep {

std::optional<Refuse> refusal_of(const SweepSpec& sweep, const ServerLimits& limits,
                                 std::optional<Mss> mss) {
  const auto sizes = sweep.sizes.resolve(mss);
  if (!sizes) {
    return Refuse{.reason = "one round of these sizes would be more than 1 GiB",
                  .hint = "Ask for fewer --sizes."};
  }
  const std::uint64_t rounds = std::uint64_t{sweep.rounds} + sweep.warmup_rounds;
  std::uint64_t round_bytes = 0;
  for (const PayloadSize size : *sizes) {
    round_bytes += size.bytes();
  }
  const std::uint64_t pings = rounds * sizes->size();
  if (pings > limits.pings) {
    return Refuse{.reason = fmt::format("a run of {} pings exceeds this server's limit of {}",
                                        pings, limits.pings),
                  .hint = "Ask for fewer --sizes or --rounds."};
  }
  if (const std::uint64_t bytes = rounds * round_bytes; bytes > limits.bytes) {
    return Refuse{.reason = fmt::format("a run of {} bytes exceeds this server's limit of {}",
                                        bytes, limits.bytes),
                  .hint = "Ask for fewer or smaller --sizes, or fewer --rounds."};
  }
  if (sweep.interval > limits.time / static_cast<std::int64_t>(pings)) {
    return Refuse{
        .reason = fmt::format("{} pings with {} before each exceed this server's limit of {}",
                              pings, format_duration(sweep.interval), format_duration(limits.time)),
        .hint = "Ask for a shorter --interval, or fewer --rounds."};
  }
  return std::nullopt;
}

}  // namespace tcpstep
