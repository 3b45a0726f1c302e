// A peer that acks by WebSocket messages, such as a browser.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "lib/base/sample.h"
#include "lib/base/units.h"
#include "lib/net/tcp_connection.h"
#include "lib/protocol/websocket.h"

namespace tcpstep {

// Peer of PingTimer: payloads are messages already (Framing::WebSocket), an ack is a binary message
// of one byte, in one frame or in several. WebSocket pings of the peer get their pongs between two
// payloads.
class WebSocketPeer {
 public:
  // Nothing was received that has not been taken. `connection` must outlive this.
  explicit WebSocketPeer(TcpConnection& connection) : connection_(connection) {}

  [[nodiscard]] PingStatus stay_idle(Duration pause) noexcept;
  [[nodiscard]] PingStatus send_all(std::span<const std::byte> payload) noexcept {
    return connection_.send_all(payload);
  }
  [[nodiscard]] PingStatus receive_ack() noexcept;
  void explain(Sample& sample, Duration sent_at) noexcept { connection_.explain(sample, sent_at); }
  [[nodiscard]] PathInfo path_info() const { return connection_.path_info(); }

  // A message that is not timed, and its ack. The evidence of the next ping does not count it.
  [[nodiscard]] PingStatus tell(std::string_view text) noexcept;

  // After the last ping: makes sure that nothing but what RFC 6455 wants of the peer is on its way,
  // such as one ack too many. PingStatus::Protocol if something is.
  [[nodiscard]] PingStatus settle() noexcept;

  // How long the kernel of the peer takes to acknowledge a few bytes that a browser does not act
  // upon: the fastest of a few, or nothing if one took longer than `limit`.
  [[nodiscard]] std::optional<Duration> kernel_rtt(Duration limit);

  // The last message, which needs no ack; also after a signal to stop. Waits up to `patience` for
  // the peer's end, so that it arrives.
  void say_and_close(std::string_view text, Duration patience) noexcept;

 private:
  [[gnu::cold]] PingStatus take_ack_in_parts(std::span<const std::byte> received) noexcept;
  PingStatus take_control(const WebSocketDecoder::Message& message);
  PingStatus take_controls();
  PingStatus take_what_came();

  TcpConnection& connection_;
  WebSocketDecoder decoder_;
  std::string pongs_;                  // to be sent before the next payload
  bool is_in_step_ = true;             // nothing is in the decoder
  PingStatus fault_ = PingStatus::Ok;  // found while nobody could be told
};

inline PingStatus WebSocketPeer::receive_ack() noexcept {
  std::array<std::byte, 16> ack;  // not set to zero: the kernel writes what counts
  const TcpConnection::Received received = connection_.receive_some(ack);
  const bool is_whole =
      received.bytes == kAckBytes && is_in_step_ && ack[0] == kAckOpcode && ack[1] == kAckLength;
  if (is_whole) [[likely]] {
    return received.status;
  }
  return received.status == PingStatus::Ok ? take_ack_in_parts(std::span(ack).first(received.bytes))
                                           : received.status;
}

}  // namespace tcpstep
