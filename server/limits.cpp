#include "server/limits.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/resource.h>

#include <algorithm>
#include <iterator>

#include "lib/base/error.h"
#include "lib/base/text.h"
#include "lib/protocol/authentication.h"
#include "server/run_queue.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kSpareDescriptors = 64;
constexpr std::uint64_t kMostTimedRounds = 10'000;

}  // namespace

std::optional<std::string> reserve_descriptors(ServerLimits& limits) {
  const std::uint64_t spare = kSpareDescriptors + 4 * limits.concurrent_runs;
  const std::uint64_t wanted = limits.connections + spare;
  rlimit limit{};
  check_syscall(::getrlimit(RLIMIT_NOFILE, &limit), "getrlimit");
  if (limit.rlim_cur < wanted) {
    limit.rlim_cur = std::min<rlim_t>(wanted, limit.rlim_max);
    check_syscall(::setrlimit(RLIMIT_NOFILE, &limit), "setrlimit");
  }
  if (limit.rlim_cur >= wanted) {
    return std::nullopt;
  }
  limits.connections = limit.rlim_cur > 2 * spare ? limit.rlim_cur - spare
                                                  : std::max<std::uint64_t>(limit.rlim_cur / 2, 1);
  limits.refused_beyond = std::min(limits.refused_beyond, limits.connections / 4);
  return fmt::format(
      "at most {} connections: the limit of open files is {} (ulimit -n, or LimitNOFILE= of a "
      "service)",
      limits.connections, limit.rlim_cur);
}

std::optional<Refuse> refusal_of(const SweepSpec& sweep, const ServerLimits& limits,
                                 std::optional<Mss> mss) {
  const auto volume = sweep.volume(mss);
  if (!volume) {
    return Refuse{.reason = "one round of these sizes would be more than 1 GiB",
                  .hint = "Ask for fewer --sizes."};
  }
  const auto [pings, bytes] = *volume;
  if (pings > limits.pings) {
    return Refuse{.reason = fmt::format("a run of {} pings exceeds this server's limit of {}",
                                        pings, limits.pings),
                  .hint = "Ask for fewer --sizes or --rounds."};
  }
  if (bytes > limits.bytes) {
    return Refuse{.reason = fmt::format("a run of {} bytes exceeds this server's limit of {}",
                                        bytes, limits.bytes),
                  .hint = "Ask for fewer or smaller --sizes, or fewer --rounds."};
  }
  if (sweep.time && *sweep.time > limits.time) {
    return Refuse{.reason = fmt::format("a run of {} exceeds this server's limit of {}",
                                        format_duration(*sweep.time), format_duration(limits.time)),
                  .hint = "Ask for less --time."};
  }
  if (sweep.interval > limits.time / static_cast<std::int64_t>(pings)) {
    return Refuse{
        .reason = fmt::format("{} pings with {} before each exceed this server's limit of {}",
                              pings, format_duration(sweep.interval), format_duration(limits.time)),
        .hint = "Ask for a shorter --interval, or fewer --rounds."};
  }
  return std::nullopt;
}

std::optional<Refuse> refusal_of_link(const std::string& link, const ServerLimits& limits) {
  if (limits.links.empty() || std::ranges::find(limits.links, link) != limits.links.end()) {
    return std::nullopt;
  }
  return Refuse{.reason = fmt::format("link name {} is not allowed here", link),
                .hint = fmt::format("Names for --link: {}.", fmt::join(limits.links, ", "))};
}

void fit_rounds(SweepSpec& sweep, const ServerLimits& limits, std::optional<Mss> mss) {
  SweepSpec one = sweep;
  one.rounds = 1;
  one.warmup_rounds = 0;
  const auto round = one.volume(mss);
  if (!round) {
    return;  // refusal_of() says why
  }
  std::uint64_t rounds = std::min(limits.pings / round->pings, limits.bytes / round->bytes);
  if (sweep.interval > Duration::zero()) {
    const auto pings = static_cast<std::uint64_t>(limits.time / sweep.interval);
    rounds = std::min<std::uint64_t>(rounds, pings / round->pings);
  }
  rounds -= std::min<std::uint64_t>(rounds, sweep.warmup_rounds);
  sweep.rounds = static_cast<std::uint32_t>(
      std::clamp<std::uint64_t>(rounds, kFewestTimedRounds, kMostTimedRounds));
}

bool is_allowed(const Address& peer, const ServerLimits& limits) {
  return limits.allowed.empty() ||
         std::ranges::any_of(limits.allowed,
                             [&](const AddressRange& range) { return range.contains(peer); });
}

// A few clients beyond each limit get a refusal; the rest of a crowd is closed.
std::optional<Rejection> rejection_of_connection(const Address& peer, std::uint64_t connections,
                                                 std::uint64_t same_network,
                                                 const ServerLimits& limits) {
  const bool is_full = connections >= limits.connections;
  if (!is_allowed(peer, limits)) {
    return Rejection{.kind = "address",
                     .refusal = {.reason = "this address is not allowed (--allow)",
                                 .hint = "The server's owner decides who may measure."},
                     .is_sent = !is_full && same_network < limits.refused_beyond};
  }
  if (is_full) {
    Rejection rejection = connections_are_taken(limits);
    rejection.is_sent = connections < limits.connections + limits.refused_beyond;
    return rejection;
  }
  if (same_network >= limits.connections_per_address) {
    return Rejection{
        .kind = "connections_per_address",
        .refusal = {.reason = fmt::format("the limit of {} per address is reached",
                                          count_of(limits.connections_per_address, "connection")),
                    .hint = "Try again when fewer are open."},
        .is_sent = same_network < 2 * limits.connections_per_address};
  }
  return std::nullopt;
}

Rejection connections_are_taken(const ServerLimits& limits) {
  return {.kind = "connections",
          .refusal = {.reason = fmt::format("the limit of {} is reached",
                                            count_of(limits.connections, "connection")),
                      .hint = "Try again when fewer are open."}};
}

Rejection queue_is_full(const ServerLimits& limits) {
  return {
      .kind = "queue",
      .refusal = {.reason = fmt::format("the queue is full ({})", count_of(limits.queue, "client")),
                  .hint = "Try again later."}};
}

Rejection too_many_runs(const ServerLimits& limits) {
  return {.kind = "runs_per_address",
          .refusal = {.reason = fmt::format("the limit of {} per address an hour is reached",
                                            count_of(limits.runs_per_address, "run")),
                      .hint = "Try again later."}};
}

Rejection too_many_failures() {
  return {.kind = "failed_runs",
          .refusal = {.reason = fmt::format("too many failed runs: {} in the last minute, and at "
                                            "least one of this address in the last hour",
                                            kFailuresPerMinute),
                      .hint = "Try again in a minute."}};
}

Hello hello_of(const ServerLimits& limits) {
  return {.tool = std::string(version()),
          .nonce = random_hex(32),
          .limits = {.bytes = limits.bytes,
                     .pings = limits.pings,
                     .seconds = static_cast<std::uint64_t>(
                         std::chrono::duration_cast<std::chrono::seconds>(limits.time).count())}};
}

Rejection unknown_run() {
  return {.kind = "token", .refusal = {.reason = "unknown run", .hint = "It may have ended."}};
}

Rejection no_room(std::string reason) {
  return {
      .kind = "storage",
      .refusal = {.reason = std::move(reason),
                  .hint = "Ask the server's operator to move results away or to raise the limit."}};
}

}  // namespace tcpstep
