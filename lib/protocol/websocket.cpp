#include "lib/protocol/websocket.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace tcpstep {
namespace {

constexpr unsigned kFinal = 0x80;
constexpr unsigned kReserved = 0x70;
constexpr unsigned kMasked = 0x80;
constexpr unsigned kContinuation = 0;
constexpr unsigned kText = 1;
constexpr unsigned kBinary = 2;
constexpr unsigned kClose = 8;
constexpr unsigned kPing = 9;
constexpr unsigned kPong = 10;

constexpr std::uint64_t kMostInSeven = 125;  // bytes of content whose count fits into seven bits
constexpr std::uint64_t kMostInSixteen = 65535;
constexpr unsigned kSixteenFollow = 126;
constexpr unsigned kSixtyFourFollow = 127;

// Bytes of the header of a frame without a mask.
constexpr std::size_t header_of(std::uint64_t content) {
  return content <= kMostInSeven ? 2 : content <= kMostInSixteen ? 4 : 10;
}

// The content of a frame that takes `bytes` in all; nothing if there is none such.
std::optional<std::uint64_t> content_of(std::uint64_t bytes) {
  for (const std::uint64_t header : {2U, 4U, 10U}) {
    if (bytes >= header && header_of(bytes - header) == header) {
      return bytes - header;
    }
  }
  return std::nullopt;
}

// Calls `put` with each byte of a header.
template <class Put>
void write_header(unsigned first, std::uint64_t content, Put&& put) {
  put(first);
  const std::size_t bytes = header_of(content);
  if (bytes == 2) {
    put(static_cast<unsigned>(content));
    return;
  }
  put(bytes == 4 ? kSixteenFollow : kSixtyFourFollow);
  for (std::size_t left = bytes - 2; left > 0; --left) {
    put(static_cast<unsigned>(content >> (8 * (left - 1)) & 0xFFU));
  }
}

void write_frame(std::span<std::byte> place, unsigned first, std::uint64_t content) {
  auto next = place.begin();
  write_header(first, content, [&](unsigned byte) { *next++ = static_cast<std::byte>(byte); });
}

std::string frame(unsigned opcode, std::string_view content) {
  std::string bytes;
  write_header(kFinal | opcode, content.size(),
               [&](unsigned byte) { bytes += static_cast<char>(byte); });
  return bytes.append(content);
}

std::uint64_t number_in(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char byte : bytes) {
    number = number << 8U | static_cast<unsigned char>(byte);
  }
  return number;
}

}  // namespace

void write_binary_message(std::span<std::byte> message) noexcept {
  std::size_t first = 0;  // bytes of a frame before the last one, if one is needed
  if (!content_of(message.size())) {
    for (first = 2; !content_of(message.size() - first); ++first) {
    }
    write_frame(message, kBinary, first - 2);
  }
  const auto last = message.subspan(first);
  write_frame(last, kFinal | (first > 0 ? kContinuation : kBinary), *content_of(last.size()));
}

std::string text_message(std::string_view text) {
  return frame(kText, text);
}

std::string ping_message(std::string_view content) {
  return frame(kPing, content);
}

std::string pong_message(std::string_view content) {
  return frame(kPong, content);
}

std::string close_message(CloseCode code) {
  const auto number = static_cast<unsigned>(code);
  return frame(kClose,
               std::string{static_cast<char>(number >> 8U), static_cast<char>(number & 0xFFU)});
}

void WebSocketDecoder::add(std::span<const std::byte> bytes) {
  buffer_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

std::optional<WebSocketDecoder::Message> WebSocketDecoder::next() {
  while (auto frame = take_frame()) {
    if (auto message = add_to_message(std::move(*frame))) {
      return message;
    }
  }
  return std::nullopt;
}

std::optional<WebSocketDecoder::Frame> WebSocketDecoder::take_frame() {
  constexpr std::size_t kMask = 4;
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(buffer_[at]); };
  if (buffer_.size() < 2) {
    return std::nullopt;
  }
  const unsigned opcode = byte(0) & 0xFU;
  const bool is_final = (byte(0) & kFinal) != 0;
  if ((byte(0) & kReserved) != 0) {
    throw ProtocolError("a frame uses an extension");
  }
  if ((byte(1) & kMasked) == 0) {
    throw ProtocolError("a frame without a mask");
  }
  const unsigned length = byte(1) & ~kMasked;
  const std::size_t counted = length == kSixteenFollow ? 2 : length == kSixtyFourFollow ? 8 : 0;
  if (opcode >= kClose && (!is_final || counted > 0)) {
    throw ProtocolError("a control frame that is fragmented or longer than 125 bytes");
  }
  if (buffer_.size() < 2 + counted) {
    return std::nullopt;
  }
  const std::uint64_t content =
      counted == 0 ? length : number_in(std::string_view(buffer_).substr(2, counted));
  if (header_of(content) != 2 + counted) {
    throw ProtocolError("a frame whose length takes more bytes than needed");
  }
  if (content > kLargest) {
    throw ProtocolError(
        fmt::format("a frame of {} bytes exceeds the limit of {}", content, kLargest));
  }
  const std::size_t begin = 2 + counted + kMask;
  if (buffer_.size() < begin + content) {
    return std::nullopt;
  }
  Frame frame{.is_final = is_final, .opcode = opcode, .content = buffer_.substr(begin, content)};
  for (std::size_t i = 0; i < frame.content.size(); ++i) {
    frame.content[i] = static_cast<char>(frame.content[i] ^ buffer_[begin - kMask + i % kMask]);
  }
  buffer_.erase(0, begin + content);
  return frame;
}

std::optional<WebSocketDecoder::Message> WebSocketDecoder::add_to_message(Frame frame) {
  switch (frame.opcode) {
    case kClose:
      return Message{Kind::Close, std::move(frame.content)};
    case kPing:
      return Message{Kind::Ping, std::move(frame.content)};
    case kPong:
      return Message{Kind::Pong, std::move(frame.content)};
    case kText:
    case kBinary:
      if (unfinished_) {
        throw ProtocolError("a message begins within another one");
      }
      unfinished_ = Message{frame.opcode == kText ? Kind::Text : Kind::Binary, {}};
      break;
    case kContinuation:
      if (!unfinished_) {
        throw ProtocolError("a continuation frame without a message");
      }
      break;
    default:
      throw ProtocolError(fmt::format("a frame with the unknown opcode {}", frame.opcode));
  }
  if (unfinished_->content.size() + frame.content.size() > kLargest) {
    throw ProtocolError(fmt::format("a message exceeds the limit of {} bytes", kLargest));
  }
  unfinished_->content += frame.content;
  return frame.is_final ? std::exchange(unfinished_, std::nullopt) : std::nullopt;
}

}  // namespace tcpstep
