// Messages and connections between two processes of this program.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "lib/base/fd.h"
#include "lib/base/units.h"
#include "lib/net/tcp_connection.h"

namespace tcpstep {

// One end of a pair of sockets that keep messages whole and can carry descriptors (unix(7)).
class Channel {
 public:
  static constexpr std::size_t kLargestMessage = std::size_t{32} * 1024;

  // Two ends, one for each process.
  static std::pair<Channel, Channel> make_pair();

  // False if the other end has closed, or its buffer is full.
  bool send(std::string_view message) noexcept;
  bool send(const TcpConnection& connection) noexcept;

  // What arrived within `limit`, if anything did.
  struct Received {
    bool is_open = true;  // false once the other process is gone
    std::optional<std::string> message;
    std::optional<TcpConnection> connection;
    bool was_reset = false;  // it ended before it arrived
  };
  [[nodiscard]] Received receive(Duration limit);

  [[nodiscard]] const Fd& fd() const { return fd_; }

 private:
  explicit Channel(Fd fd) : fd_(std::move(fd)) {}

  Fd fd_;
};

}  // namespace tcpstep
