// Durations as system calls want them.
#pragma once

#include <chrono>
#include <ctime>

#include "lib/base/units.h"

namespace tcpstep {

[[nodiscard]] inline timespec to_timespec(Duration duration) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration);
  return {.tv_sec = seconds.count(), .tv_nsec = (duration - seconds).count()};
}

}  // namespace tcpstep
