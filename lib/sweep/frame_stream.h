// Frames over a connection, each within a time limit.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/sample.h"
#include "lib/base/units.h"
#include "lib/net/tcp_connection.h"
#include "lib/protocol/authentication.h"
#include "lib/protocol/messages.h"

namespace tcpstep {

class FrameStream {
 public:
  // `received` was read from the connection before. With a `session`, which must outlive this, each
  // message is followed by the proof that it is its sender's.
  explicit FrameStream(TcpConnection& connection, Session* session = nullptr,
                       std::string_view received = {});

  [[nodiscard]] PingStatus send(const Message& message);

  // The next message, if it is complete within `limit`. Protocol if anything else comes: see
  // fault().
  struct Received {
    PingStatus status;
    std::optional<Message> message;
  };
  [[nodiscard]] Received receive(Duration limit);

  // The bytes after a Result, by its count and hash. Timeout if nothing comes for the connection's
  // own limit, or if they are not complete at `deadline`; Protocol if they are others.
  using Clock = std::chrono::steady_clock;
  [[nodiscard]] PingStatus receive_file(std::string& bytes, const Result& result,
                                        Clock::time_point deadline = Clock::time_point::max());

  // What came after the last message; it is taken out.
  [[nodiscard]] std::string take_rest() { return frames_.take_rest(); }
  [[nodiscard]] const std::string& fault() const { return fault_; }

 private:
  PingStatus fill(std::string& buffer);
  std::optional<Message> take_message();

  TcpConnection& connection_;
  Session* session_;
  FrameDecoder frames_;
  std::optional<std::string> unproven_;  // the JSON of a message whose proof has not come yet
  std::string fault_;
};

}  // namespace tcpstep
