#include "client/limits.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "lib/base/error.h"
#include "lib/base/text.h"
#include "lib/runfile/run.h"
#include "lib/sweep/result_check.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

// Clocks that differ by more make the results of one of the two hosts useless.
constexpr Duration kLargestClockError = 24h;

void check_date(const Accept& accept) {
  const auto began = parse_utc(accept.started_utc);
  if (!began) {
    throw WorldError(
        fmt::format("invalid start time '{}' from the server", printable(accept.started_utc)));
  }
  const Duration ahead = *began - std::chrono::system_clock::now();
  if (ahead > kLargestClockError || ahead < -kLargestClockError) {
    throw WorldError(fmt::format("the server's clock says {}: more than a day {} this host's",
                                 printable(accept.started_utc),
                                 ahead > Duration::zero() ? "ahead of" : "behind"),
                     "Results are ordered by time. Set the clock that is wrong.");
  }
}

void check_pings(const Accept& accept, std::uint64_t expected) {
  const SweepSpec& sweep = accept.sweep;
  const bool is_up = sweep.direction == MeasuredDirection::Up;
  const bool is_known = !sweep.sizes.has_boundaries;  // those depend on the server's MSS
  if (!is_up && (is_known ? accept.pings != expected : accept.pings > sweep.most_pings())) {
    throw WorldError(fmt::format("the server announced {}, but its sweep has {}",
                                 count_of(accept.pings, "ping"), expected));
  }
}

}  // namespace

void check_accept(const Accept& accept, const ClientLimits& limits, std::optional<Mss> mss) {
  const SweepSpec& sweep = accept.sweep;
  const auto volume = sweep.volume(mss);
  if (!volume) {
    throw WorldError("one round of the server's sizes would be more than 1 GiB", "Choose --sizes.");
  }
  if (volume->bytes > limits.bytes) {
    throw WorldError(fmt::format("a run of {} bytes exceeds the limit of {} (--max-bytes)",
                                 volume->bytes, limits.bytes),
                     "Choose fewer or smaller --sizes, fewer --rounds, or a higher limit.");
  }
  if (sweep.interval > limits.time / static_cast<std::int64_t>(volume->pings)) {
    throw WorldError(fmt::format("{} with {} before each exceed the limit of {} (--max-time)",
                                 count_of(volume->pings, "ping"), format_duration(sweep.interval),
                                 format_duration(limits.time)),
                     "Choose a shorter --interval, fewer --rounds, or a higher limit.");
  }
  check_pings(accept, volume->pings);
  check_date(accept);
}

std::uint64_t largest_result(const SweepSpec& sweep, const ClientLimits& limits) {
  return std::min(largest_result(sweep.most_pings()), std::max(limits.bytes, largest_result(0)));
}

}  // namespace tcpstep
