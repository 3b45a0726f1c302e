#include "lib/sweep/run_settings.h"

#include <fmt/format.h>
#include <sys/random.h>

#include <array>

#include "lib/base/error.h"
#include "lib/base/stop_request.h"
#include "lib/runfile/run_header.h"

namespace tcpstep {

std::string make_run_id() {
  std::array<std::uint64_t, 2> random{};
  check_syscall(::getrandom(random.data(), sizeof random, 0), "getrandom");
  const std::uint64_t high = (random[0] & ~0xF000ULL) | 0x4000ULL;
  const std::uint64_t low = (random[1] & ~(3ULL << 62U)) | (2ULL << 62U);
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32U, (high >> 16U) & 0xFFFFU,
                     high & 0xFFFFU, low >> 48U, low & 0xFFFFFFFFFFFFULL);
}

std::uint64_t random_seed() {
  std::uint64_t seed = 0;
  check_syscall(::getrandom(&seed, sizeof seed, 0), "getrandom");
  return seed;
}

// At the deadline one end is interrupted, and the other one sees the connection closed.
std::string_view end_of_run(PingStatus status, const RunSettings& settings) {
  using enum PingStatus;
  const bool is_cut = status == Interrupted || status == Closed || status == Reset;
  const bool is_out_of_time = requested_stop() == kOutOfTime;
  if (is_cut && (is_out_of_time || std::chrono::steady_clock::now() >= settings.deadline)) {
    return kLimit;
  }
  return status == Ok ? kComplete : to_word(status);
}

}  // namespace tcpstep
