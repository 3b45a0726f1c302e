// A time limit for waits that costs a short wait nothing.
#pragma once

#include <chrono>
#include <csignal>
#include <ctime>
#include <optional>

#include "lib/base/units.h"
#include "lib/net/sockets.h"

namespace tcpstep {

// A limit for waits in system calls that have no timeout of their own. Timeouts of the kernel
// (SO_RCVTIMEO, ppoll) set a timer and cancel it in every single wait, in the middle of a ping.
// Instead, one timer for all of them interrupts the waiting thread (EINTR) eight times within the
// limit, and only then is the clock read:
//
//   patience.renew();
//   while (recv(...) < 0 && errno == EINTR && !patience.is_over()) {}
//
// So a wait ends between 1 and 1.25 times the limit.
class Patience {
 public:
  Patience() = default;
  ~Patience() { stop_ticks(); }
  Patience(Patience&& other) noexcept;
  Patience& operator=(Patience&& other) noexcept;
  Patience(const Patience&) = delete;
  Patience& operator=(const Patience&) = delete;

  // From now on, for waits of the calling thread; zero is forever. Uses SIGRTMIN + 5.
  // Throws std::system_error.
  void set_limit(Duration limit);

  // The last wait was successful: the limit starts again.
  void renew() noexcept { deadline_.reset(); }

  // To be called whenever a wait was interrupted, or got part of what it waited for.
  [[nodiscard]] bool is_over() noexcept;

  // Another number after each tick, also where no wait was interrupted: a loop that has to look at
  // the clock now and then does so when this has changed.
  [[nodiscard]] static int ticks() noexcept { return ticks_; }

 private:
  using Clock = std::chrono::steady_clock;

  [[nodiscard]] bool is_past_deadline() noexcept {
    if (limit_ == Duration::zero()) {
      return false;
    }
    const auto now = Clock::now();
    if (!deadline_) {
      deadline_ = now + limit_;
    }
    return now >= *deadline_;
  }
  static void count_tick(int signal);
  static void catch_ticks();
  void stop_ticks() noexcept;

  static inline volatile std::sig_atomic_t ticks_ = 0;
  Duration limit_{0};
  std::optional<timer_t> timer_;
  std::optional<Clock::time_point> deadline_;  // of the current wait, once interrupted
};

}  // namespace tcpstep
