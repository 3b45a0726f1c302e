// Waits for sockets that become ready. Only a stop request (lib/base/process.h) ends a wait early:
// the ticks of connections (patience.h) and other signals do not.
#pragma once

#include <ctime>
#include <span>

#include "lib/base/fd.h"
#include "lib/base/units.h"

struct pollfd;

namespace tcpstep {

[[nodiscard]] timespec to_timespec(Duration duration);

// ppoll(2): how many of `awaited` are ready, 0 after `limit`, -1 with errno otherwise.
[[nodiscard]] int wait_for(std::span<pollfd> awaited, Duration limit);

[[nodiscard]] bool is_readable(const Fd& fd);

// Waits until one of the two is readable; false after `limit` or a stop request.
[[nodiscard]] bool wait_for_either(const Fd& a, const Fd& b, Duration limit);

}  // namespace tcpstep
