// Requests to stop this process: loops and waits end early.
#pragma once

#include <csignal>

namespace tcpstep {

// A signal has asked this process to stop: loops and waits end early. 0 cancels that.
void request_stop(int signal) noexcept;
// The signal, or 0.
[[nodiscard]] int requested_stop() noexcept;
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
