// Waits for many sockets at once without using the processor (epoll(7)).
#pragma once

#include <csignal>
#include <cstdint>
#include <optional>
#include <vector>

#include "lib/base/fd.h"
#include "lib/base/units.h"

namespace tcpstep {

class Poller {
 public:
  Poller();

  // wait() identifies it by `key`. Remove a socket before it is handed to another process: it is
  // reported as long as any process has it open.
  void add(const Fd& fd, std::uint64_t key);
  void remove(const Fd& fd);
  // Whether to report it also when it can be written to.
  void watch_for_room(const Fd& fd, std::uint64_t key, bool is_watched);

  // Keys of those that can be read or have ended; none after `limit` or a signal. `signal_mask` is
  // the mask to wait with.
  [[nodiscard]] std::vector<std::uint64_t> wait(std::optional<Duration> limit,
                                                const sigset_t& signal_mask);

 private:
  Fd fd_;
};

}  // namespace tcpstep
