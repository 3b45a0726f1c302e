#include "lib/protocol/websocket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "lib/base/text.h"

namespace tcpstep {
namespace {

using Kind = WebSocketDecoder::Kind;

// The frames of the server's message in `bytes`: opcode, whether it is the last, bytes of content.
struct ServerFrame {
  unsigned opcode;
  bool is_final;
  std::size_t content;
  bool operator==(const ServerFrame&) const = default;
};

std::vector<ServerFrame> frames_in(std::span<const std::byte> bytes) {
  std::vector<ServerFrame> frames;
  while (!bytes.empty()) {
    const auto byte = [&](std::size_t at) { return std::to_integer<unsigned>(bytes[at]); };
    const unsigned length = byte(1);
    const std::size_t counted = length == 126 ? 2 : length == 127 ? 8 : 0;
    std::size_t content = counted == 0 ? length : 0;
    for (std::size_t i = 0; i < counted; ++i) {
      content = content << 8U | byte(2 + i);
    }
    EXPECT_TRUE(counted != 2 || content > 125);
    EXPECT_TRUE(counted != 8 || content > 65535);
    frames.push_back({byte(0) & 0x7FU, (byte(0) & 0x80U) != 0, content});
    EXPECT_LE(2 + counted + content, bytes.size());
    bytes = bytes.subspan(std::min(2 + counted + content, bytes.size()));
  }
  return frames;
}

TEST(WebSocketTest, MakesAMessageOfEverySize) {
  std::vector<std::uint32_t> sizes{1448, 9901, 65535, 70000};
  for (std::uint32_t bytes = 2; bytes < 200; ++bytes) {
    sizes.push_back(bytes);
    sizes.push_back(65400 + bytes);
  }
  for (const std::uint32_t bytes : sizes) {
    std::vector<std::byte> message(bytes, std::byte{0xFF});
    write_binary_message(message);
    const auto frames = frames_in(message);
    ASSERT_EQ(frames.front().opcode, 2U) << bytes;
    for (std::size_t i = 0; i < frames.size(); ++i) {
      ASSERT_EQ(frames[i].is_final, i + 1 == frames.size()) << bytes;
      ASSERT_TRUE(i == 0 || frames[i].opcode == 0) << bytes;
    }
    ASSERT_LE(frames.size(), 2U) << bytes;
  }
}

TEST(WebSocketTest, TakesTwoFramesOnlyWhereNoHeaderFits) {
  const auto frames_of = [](std::uint32_t bytes) {
    std::vector<std::byte> message(bytes);
    write_binary_message(message);
    return frames_in(message).size();
  };
  for (const std::uint32_t bytes : {2U, 127U, 130U, 65539U, 65546U}) {
    EXPECT_EQ(frames_of(bytes), 1U) << bytes;
  }
  for (const std::uint32_t bytes : {128U, 129U, 65540U, 65545U}) {
    EXPECT_EQ(frames_of(bytes), 2U) << bytes;
  }
}

TEST(WebSocketTest, WritesTheServersMessages) {
  EXPECT_EQ(text_message("Hello"), "\x81\x05Hello");  // RFC 6455, section 5.7
  EXPECT_EQ(close_message(CloseCode::Normal), std::string("\x88\x02\x03\xE8"));
  EXPECT_EQ(pong_message(""), std::string("\x8A\0", 2));
}

std::vector<std::string> decoded(WebSocketDecoder& decoder) {
  std::vector<std::string> messages;
  while (const auto message = decoder.next()) {
    messages.push_back(message->content);
  }
  return messages;
}

TEST(WebSocketDecoderTest, ReadsTheExamplesOfTheRfcHoweverTheyAreSplit) {
  const std::string hello("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", 11);
  for (std::size_t step = 1; step <= hello.size(); ++step) {
    WebSocketDecoder decoder;
    std::vector<std::string> messages;
    for (std::size_t at = 0; at < hello.size(); at += step) {
      decoder.add(bytes_of(std::string_view(hello).substr(at, step)));
      for (const std::string& message : decoded(decoder)) {
        messages.push_back(message);
      }
    }
    EXPECT_THAT(messages, testing::ElementsAre("Hello")) << step;
    EXPECT_TRUE(decoder.is_empty());
  }
}

// A frame with a mask of zeros.
std::string frame(unsigned first, std::string_view content) {
  return std::string{static_cast<char>(first), static_cast<char>(0x80U | content.size())} +
         std::string(4, '\0') + std::string(content);
}

TEST(WebSocketDecoderTest, JoinsFramesAndLetsControlFramesThrough) {
  WebSocketDecoder decoder;
  decoder.add(bytes_of(frame(0x01, "a") + frame(0x89, "ping") + frame(0x00, "b")));
  const auto ping = decoder.next();
  ASSERT_TRUE(ping);
  EXPECT_EQ(ping->kind, Kind::Ping);
  EXPECT_FALSE(decoder.next());
  EXPECT_FALSE(decoder.is_empty());
  decoder.add(bytes_of(frame(0x80, "c")));
  const auto text = decoder.next();
  ASSERT_TRUE(text);
  EXPECT_EQ(text->kind, Kind::Text);
  EXPECT_EQ(text->content, "abc");
}

TEST(WebSocketDecoderTest, LimitsMessages) {
  WebSocketDecoder decoder;
  const std::string part(120, 'x');
  decoder.add(bytes_of(frame(0x02, part)));
  EXPECT_FALSE(decoder.next());
  EXPECT_THROW(
      {
        for (std::size_t i = 0; i < WebSocketDecoder::kLargest; i += part.size()) {
          decoder.add(bytes_of(frame(0x00, part)));
          static_cast<void>(decoder.next());
        }
      },
      ProtocolError);
  WebSocketDecoder other;
  other.add(bytes_of(std::string("\x82\xFE\xFF\xFF", 4)));
  EXPECT_THROW(static_cast<void>(other.next()), ProtocolError);
}

TEST(WebSocketDecoderTest, RejectsWhatTheRfcForbids) {
  for (const std::string& bytes : {
           std::string("\x82\x01", 2),                       // no mask
           frame(0xC2, "1"),                                 // an extension
           frame(0x83, "1"),                                 // an unknown opcode
           frame(0x80, "1"),                                 // continues nothing
           frame(0x09, ""),                                  // a ping in parts
           frame(0x02, "") + frame(0x82, "1"),               // a message in a message
           std::string("\x89\xFE\x00\x7E", 4),               // a long ping
           std::string("\x82\xFE\x00\x7D", 4),               // a length in more bytes than needed
           std::string("\x82\xFF\0\0\0\0\0\0\xFF\xFF", 10),  // likewise
       }) {
    WebSocketDecoder decoder;
    decoder.add(bytes_of(bytes));
    EXPECT_THROW(static_cast<void>(decoder.next()), ProtocolError) << printable(bytes);
  }
}

}  // namespace
}  // namespace tcpstep
