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
  // From now on it is reported when it can be written to, not when it can be read; or again when
  // it can be read. In both cases once it has ended.
  void await_room(const Fd& fd, std::uint64_t key);
  void await_data(const Fd& fd, std::uint64_t key);

  // Keys of those that are ready or have ended; none after `limit` or a signal. `signal_mask` is
  // the mask to wait with.
  [[nodiscard]] std::vector<std::uint64_t> wait(std::optional<Duration> limit,
                                                const sigset_t& signal_mask);

 private:
  void change(const Fd& fd, std::uint64_t key, std::uint32_t events);

  Fd fd_;
};

}  // namespace tcpstep
