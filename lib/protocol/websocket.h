// WebSocket frames (RFC 6455), as a run with a browser uses them: docs/protocol.md. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "lib/protocol/frame.h"

namespace tcpstep {

// Bytes on the wire of an empty message: no payload of such a run is smaller.
inline constexpr std::uint32_t kSmallestMessage = 2;

// Makes `message` one binary message of the server that takes just these bytes on the wire: writes
// frame headers over some of them, and leaves the others as its content. At least kSmallestMessage
// bytes. A size that no single frame has, such as 128 bytes, becomes a message of two frames.
void write_binary_message(std::span<std::byte> message) noexcept;

// A message of the server.
[[nodiscard]] std::string text_message(std::string_view text);
[[nodiscard]] std::string ping_message(std::string_view content);  // at most 125 bytes
[[nodiscard]] std::string pong_message(std::string_view content);  // likewise

// Why a connection is closed (RFC 6455, section 7.4).
enum class CloseCode : std::uint16_t { Normal = 1000, GoingAway = 1001, Protocol = 1002 };
[[nodiscard]] std::string close_message(CloseCode code);

// The ack of a browser begins so: a final binary frame, masked, of one byte. 4 bytes of mask and
// the byte itself follow.
inline constexpr std::byte kAckOpcode{0x82};
inline constexpr std::byte kAckLength{0x81};
inline constexpr std::size_t kAckBytes = 7;

// Takes a client's stream of frames apart, however it was split on the way.
class WebSocketDecoder {
 public:
  enum class Kind : std::uint8_t { Text, Binary, Close, Ping, Pong };
  struct Message {
    Kind kind;
    std::string content;
  };

  static constexpr std::size_t kLargest = 4096;  // bytes of a message

  void add(std::span<const std::byte> bytes);

  // The next message, or nothing while it is not whole. A ping may come between the frames of
  // another message. Throws ProtocolError for anything that RFC 6455 forbids, and beyond kLargest.
  [[nodiscard]] std::optional<Message> next();

  // Whether nothing is left of what was added, not even a part of a message.
  [[nodiscard]] bool is_empty() const { return buffer_.empty() && !unfinished_; }

 private:
  struct Frame {
    bool is_final;
    unsigned opcode;
    std::string content;
  };
  std::optional<Frame> take_frame();
  std::optional<Message> add_to_message(Frame frame);

  std::string buffer_;
  std::optional<Message> unfinished_;  // of which more frames follow
};

}  // namespace tcpstep
