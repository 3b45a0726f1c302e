// The listening socket in the server's loop.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "lib/net/listener.h"
#include "lib/net/poller.h"
#include "server/log.h"

namespace tcpstep {

// Without descriptors new clients wait in the kernel's queue: accepting again at once would be a
// busy loop.
class Door {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // The references must outlive this. `key` is for the poller.
  Door(Listener listener, Poller& poller, std::uint64_t key, Log& log);

  // The next client, if there is one and a descriptor for it.
  [[nodiscard]] std::optional<TcpConnection> accept();

  // When reopen_if_due() is due: while it is closed.
  [[nodiscard]] std::optional<Time> next_deadline() const { return reopens_; }
  void reopen_if_due();

 private:
  void open();
  void close();

  Listener listener_;
  Poller& poller_;
  std::uint64_t key_;
  Log& log_;
  std::optional<Time> reopens_;
  std::optional<Time> logged_;
};

}  // namespace tcpstep
