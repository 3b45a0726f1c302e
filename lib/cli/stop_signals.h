// Ctrl-C and similar signals: the first asks the program to stop, the second kills it.
#pragma once

#include <csignal>

namespace tcpstep {

// While it lives, the first SIGINT, SIGTERM or SIGHUP only interrupts blocking system calls and is
// remembered; after it, signals have their usual effect again. A call that begins to block just
// after the signal is interrupted within a second (by SIGALRM). One object per process.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  // The signal received, or 0.
  [[nodiscard]] static int received();

  // Blocks the signals while it lives. Between received() and a ppoll(2) with `open_mask()`
  // none can be missed.
  class Hold {
   public:
    Hold();
    ~Hold();
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;
    [[nodiscard]] const sigset_t& open_mask() const { return before_; }

   private:
    sigset_t before_{};
  };

  // Ends this process by `signal`, so that a shell loop around it stops too. Does not return.
  [[noreturn]] static void die_of(int signal);
  static void die_if_received();
};

}  // namespace tcpstep
