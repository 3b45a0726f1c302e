// Requests to stop this process: loops and waits end early.
#pragma once

#include <csignal>

namespace tcpstep {

inline volatile std::sig_atomic_t stop_signal = 0;  // of the two functions below only

// A signal has asked this process to stop: loops and waits end early. 0 cancels that.
inline void request_stop(int signal) noexcept {
  stop_signal = signal;
}
// The signal, or 0.
[[nodiscard]] inline int requested_stop() noexcept {
  return stop_signal;
}
// While it lives, waits are not cut short by the signal that was received.
class DespiteStop {
 public:
  DespiteStop() : signal_(requested_stop()) { request_stop(0); }
  ~DespiteStop() { request_stop(signal_); }
  DespiteStop(const DespiteStop&) = delete;
  DespiteStop& operator=(const DespiteStop&) = delete;

 private:
  int signal_;
};

#ifndef _WIN32
// The stop signal of the process that limits the time of this run.
inline constexpr int kOutOfTime = SIGUSR2;
#endif

}  // namespace tcpstep
