// Frames over a connection, each within a time limit.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/sample.h"
#include "lib/base/units.h"
#include "lib/net/tcp_connection.h"
#include "lib/protocol/messages.h"

namespace tcpstep {

class FrameStream {
 public:
  // `received` was read from the connection before.
  explicit FrameStream(TcpConnection& connection, std::string_view received = {});

  [[nodiscard]] PingStatus send(const Message& message);

  // The next message, if it is complete within `limit`. Protocol if anything else comes: see
  // fault().
  struct Received {
    PingStatus status;
    std::optional<Message> message;
  };
  [[nodiscard]] Received receive(Duration limit);

  // The `count` bytes after the last message. Timeout if nothing comes for the connection's own
  // limit.
  [[nodiscard]] PingStatus receive_bytes(std::string& bytes, std::uint64_t count);

  // What came after the last message; it is taken out.
  [[nodiscard]] std::string take_rest() { return frames_.take_rest(); }
  [[nodiscard]] const std::string& fault() const { return fault_; }

 private:
  PingStatus fill(std::string& buffer);

  TcpConnection& connection_;
  FrameDecoder frames_;
  std::string fault_;
};

}  // namespace tcpstep
