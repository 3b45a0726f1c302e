#include "server/limits.h"

#include <fmt/format.h>

#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/base/text.h"

namespace tcpstep {

RunSettings settings_for(const Request& request, const RunSettings& own) {
  RunSettings settings = own;
  if (!request.link.empty()) {
    settings.link = request.link;
  }
  if (!request.label.empty()) {
    settings.label = request.label;
  }
  if (!request.sizes.empty()) {
    settings.sizes = parse_sizes(request.sizes);
    settings.sizes_text = request.sizes;
  }
  settings.sweep.rounds = static_cast<std::uint32_t>(request.rounds.value_or(own.sweep.rounds));
  settings.sweep.warmup_rounds =
      static_cast<std::uint32_t>(request.warmup_rounds.value_or(own.sweep.warmup_rounds));
  if (!request.order.empty()) {
    settings.sweep.order = request.order == "shuffled" ? Order::Shuffled : Order::Ascending;
  }
  settings.interval = request.interval.value_or(own.interval);
  if (request.seed) {
    settings.seed = request.seed;
  }
  return settings;
}

bool asks_for_sweep(const Request& request) {
  return !request.sizes.empty() || request.rounds || request.warmup_rounds || request.interval;
}

std::optional<Refuse> refusal_of(const RunSettings& settings, const ServerLimits& limits,
                                 std::optional<Mss> mss) {
  const auto sizes = settings.sizes.resolve(mss);
  if (!sizes) {
    return Refuse{.reason = "one round of these sizes would be more than 1 GiB",
                  .hint = "Ask for fewer --sizes."};
  }
  const std::uint64_t rounds = std::uint64_t{settings.sweep.rounds} + settings.sweep.warmup_rounds;
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
  if (settings.interval > limits.time / static_cast<std::int64_t>(pings)) {
    return Refuse{.reason = fmt::format(
                      "{} pings with {} before each exceed this server's limit of {}", pings,
                      format_duration(settings.interval), format_duration(limits.time)),
                  .hint = "Ask for a shorter --interval, or fewer --rounds."};
  }
  return std::nullopt;
}

}  // namespace tcpstep
