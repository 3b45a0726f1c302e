// How long a wait may last, at no cost to a wait that is short.
#pragma once

#include <chrono>
#include <ctime>
#include <optional>

#include "lib/base/units.h"

namespace tcpstep {

// A limit for waits in system calls that have no timeout of their own. Timeouts of the kernel
// (SO_RCVTIMEO, ppoll) set a timer and cancel it in every single wait, in the middle of a ping.
// Instead, one timer for all of them interrupts the waiting thread (EINTR) eight times within the
// limit, and only then does the wait look at the clock:
//
//   patience.renew();
//   while (recv(...) < 0 && errno == EINTR && !patience.is_over()) {}
//
// A wait thus ends between 1 and 1.25 times the limit.
class Patience {
 public:
  Patience() = default;
  ~Patience() { stop_ticks(); }
  Patience(Patience&& other) noexcept;
  Patience& operator=(Patience&& other) noexcept;
  Patience(const Patience&) = delete;
  Patience& operator=(const Patience&) = delete;

  // From now on, for waits of the calling thread; zero is for ever. Uses SIGRTMIN + 5.
  // Throws std::system_error.
  void set_limit(Duration limit);

  // Something came of the last wait: the limit begins anew.
  void renew() noexcept { deadline_.reset(); }

  // To be asked whenever a wait was interrupted, or got a part of what it waited for.
  [[nodiscard]] bool is_over() noexcept;

 private:
  using Clock = std::chrono::steady_clock;

  void stop_ticks() noexcept;

  Duration limit_{0};
  std::optional<timer_t> timer_;
  std::optional<Clock::time_point> deadline_;  // of the present wait, once somebody has asked
};

}  // namespace tcpstep
