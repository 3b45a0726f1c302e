// What is on the wire (docs/protocol.md): payloads that end in a sentinel and acks of one byte;
// frames of the negotiated protocol: a mark, a length, JSON.
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace tcpstep {

inline constexpr std::uint16_t kDefaultPort = 19901;
inline constexpr std::uint16_t kDefaultWebPort = 19902;  // by convention: off unless asked for

inline constexpr std::byte kSentinel{'1'};  // last byte of every payload, and nowhere else in it
inline constexpr std::byte kAck{'1'};       // what tcpstep-client sends; a server accepts any byte

// What makes a payload a message for the other end.
enum class Framing : std::uint8_t {
  None,       // its last byte
  WebSocket,  // frame headers, which are a part of it: see write_binary_message()
};

// First byte of every frame, and the ack of the opening ping that asks for frames. No payload of
// tcpstep-server contains it, so that between two payloads a frame cannot be taken for one.
inline constexpr std::byte kFrameMark{0xB7};
inline constexpr std::size_t kFrameHeaderBytes = 5;
// Of JSON. A request may come from anyone, and is to be read in less than a millisecond.
inline constexpr std::size_t kLargestFrame = std::size_t{64} * 1024;
inline constexpr std::size_t kLargestRequest = std::size_t{16} * 1024;

// The other end violates the protocol; what() says how, in printable characters.
class ProtocolError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The mark, the length of `json` as four bytes in network order, `json`. Throws ProtocolError if it
// is longer than `largest`.
[[nodiscard]] std::string encode_frame(std::string_view json, std::size_t largest = kLargestFrame);

// Takes a stream of frames apart, however it was split on the way. Holds at most what it was given
// and has not been asked for.
class FrameDecoder {
 public:
  // `largest`: bytes of JSON.
  explicit FrameDecoder(std::size_t largest = kLargestFrame) : largest_(largest) {}

  void add(std::span<const std::byte> bytes);

  // The JSON of the next frame, or nothing while it is not whole. Throws ProtocolError as soon as
  // it is known that no frame will come: another first byte, or a length beyond the limit.
  [[nodiscard]] std::optional<std::string> next();

  // What came behind the last frame that was asked for; it is taken out.
  [[nodiscard]] std::string take_rest();

  [[nodiscard]] bool is_empty() const { return buffer_.empty(); }

 private:
  std::size_t largest_;
  std::string buffer_;
};

// JSON from untrusted peers. Throws ProtocolError if it is none, and for what nlohmann::json would
// accept: unlimited nesting, and duplicate keys, of which two readers may believe different ones.
[[nodiscard]] nlohmann::json parse_strictly(std::string_view text);

// True if `beginning`, the first bytes of something, can be the beginning of a frame with a JSON
// object in it.
[[nodiscard]] bool may_be_frame(std::string_view beginning);

}  // namespace tcpstep
