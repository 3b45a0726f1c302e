#include "lib/protocol/frame.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/base/text.h"

namespace tcpstep {
namespace {

TEST(FrameTest, IsAMarkALengthInNetworkOrderAndTheJson) {
  EXPECT_EQ(encode_frame("{}"), std::string("\xB7\0\0\0\2{}", 7));
  EXPECT_EQ(encode_frame(std::string(258, ' ')).substr(0, 5), std::string("\xB7\0\0\1\2", 5));
}

TEST(FrameTest, BeyondTheLimitIsNotSent) {
  EXPECT_EQ(encode_frame(std::string(kLargestFrame, ' ')).size(), kLargestFrame + 5);
  EXPECT_THROW(static_cast<void>(encode_frame(std::string(kLargestFrame + 1, ' '))), ProtocolError);
}

TEST(FrameDecoderTest, FindsFramesInAnySplitOfTheStream) {
  const std::string stream =
      encode_frame("{\"a\":1}") + encode_frame("") + encode_frame("{}") + "x";
  for (std::size_t step = 1; step <= stream.size(); ++step) {
    FrameDecoder decoder;
    std::vector<std::string> found;
    for (std::size_t at = 0; at < stream.size() - 1; at += step) {
      decoder.add(
          bytes_of(std::string_view(stream).substr(at, std::min(step, stream.size() - 1 - at))));
      while (auto json = decoder.next()) {
        found.push_back(*json);
      }
    }
    decoder.add(bytes_of("x"));
    EXPECT_THAT(found, testing::ElementsAre("{\"a\":1}", "", "{}"));
    EXPECT_EQ(decoder.take_rest(), "x");
    EXPECT_TRUE(decoder.is_empty());
  }
}

TEST(FrameDecoderTest, RefusesALengthBeyondTheLimitBeforeAnythingOfItCame) {
  FrameDecoder decoder;
  decoder.add(bytes_of("\xB7\xFF\xFF\xFF"));
  EXPECT_FALSE(decoder.next());
  decoder.add(bytes_of("\xFF"));
  try {
    static_cast<void>(decoder.next());
    FAIL() << "a frame of 4 GiB was taken";
  } catch (const ProtocolError& error) {
    EXPECT_STREQ(error.what(), "a frame of 4294967295 bytes exceeds the limit of 65536");
  }
}

TEST(FrameDecoderTest, RefusesAnotherFirstByte) {
  FrameDecoder decoder;
  decoder.add(bytes_of("GET / HTTP/1.1"));
  EXPECT_THROW(static_cast<void>(decoder.next()), ProtocolError);
}

TEST(FrameTest, IsToldFromAPayloadByItsFirstSixBytes) {
  EXPECT_TRUE(may_be_frame(""));
  EXPECT_TRUE(may_be_frame("\xB7"));
  EXPECT_TRUE(may_be_frame(std::string_view("\xB7\0\0\1\0{", 6)));
  EXPECT_TRUE(may_be_frame(std::string_view("\xB7\0\1\0\0{", 6)));
  EXPECT_FALSE(may_be_frame("1"));
  EXPECT_FALSE(may_be_frame("\xB7\x31"));
  EXPECT_FALSE(may_be_frame(std::string_view("\xB7\0\0\0\0", 5)));
  EXPECT_FALSE(may_be_frame(std::string_view("\xB7\0\1\0\1{", 6)));
  EXPECT_FALSE(may_be_frame(std::string_view("\xB7\0\0\1\0x", 6)));
}

}  // namespace
}  // namespace tcpstep
