#include "lib/base/stop_request.h"

namespace tcpstep {
namespace {

volatile std::sig_atomic_t stop_signal = 0;

}  // namespace

void request_stop(int signal) noexcept {
  stop_signal = signal;
}

int requested_stop() noexcept {
  return stop_signal;
}

}  // namespace tcpstep
