#include "lib/net/waiting.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>

#include "lib/base/stop_request.h"
#include "lib/net/sockets.h"

namespace tcpstep {

timespec to_timespec(Duration duration) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration);
  return {.tv_sec = static_cast<decltype(timespec::tv_sec)>(seconds.count()),
          .tv_nsec = static_cast<decltype(timespec::tv_nsec)>((duration - seconds).count())};
}

int wait_for(std::span<pollfd> awaited, Duration limit) {
  using std::chrono::steady_clock;
  const auto deadline = steady_clock::now() + limit;
  for (Duration left = limit;;
       left = std::max<Duration>(deadline - steady_clock::now(), Duration::zero())) {
    const timespec timeout = to_timespec(left);
    const int ready = ::ppoll(awaited.data(), awaited.size(), &timeout, nullptr);
    if (ready >= 0 || errno != EINTR || requested_stop() != 0) {
      return ready;
    }
  }
}

bool is_readable(const Fd& fd) {
  pollfd awaited{.fd = fd.get(), .events = POLLIN, .revents = 0};
  return wait_for({&awaited, 1}, Duration::zero()) > 0;
}

bool wait_for_either(const Fd& a, const Fd& b, Duration limit) {
  std::array<pollfd, 2> awaited{{{.fd = a.get(), .events = POLLIN, .revents = 0},
                                 {.fd = b.get(), .events = POLLIN, .revents = 0}}};
  return wait_for(awaited, limit) > 0;
}

}  // namespace tcpstep
