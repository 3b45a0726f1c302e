#include "server/web_conversation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/base/text.h"
#include "server/http.h"

namespace tcpstep {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
using Stage = Conversation::Stage;

class WebConversationTest : public testing::Test {
 protected:
  std::string say(std::string_view bytes) { return conversation_.add(bytes_of(bytes), {}); }
  std::string open() {
    return say(
        "GET /ws HTTP/1.1\r\nHost: a:1\r\nOrigin: http://a:1\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  }
  // A text message with a mask of zeros.
  std::string say_text(const std::string& text) {
    return say(std::string{'\x81', static_cast<char>(0x80U | text.size())} + std::string(4, '\0') +
               text);
  }

  WebSite site_{{}};
  WebOffer offer_{.sweep = {}, .links = {"wifi"}};
  WebConversation conversation_{site_, offer_};
};

TEST_F(WebConversationTest, ServesAPageHoweverTheRequestIsSplit) {
  for (const char c : std::string("GET / HTTP/1.1\r\nHost: a\r\n\r")) {
    EXPECT_EQ(say({&c, 1}), "");
    EXPECT_EQ(conversation_.stage(), Stage::Opening);
  }
  EXPECT_THAT(say("\n"), StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(conversation_.stage(), Stage::Served);
}

TEST_F(WebConversationTest, OpensAWebSocketAsTheRfcHasIt) {
  EXPECT_THAT(open(), HasSubstr("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
  EXPECT_EQ(conversation_.stage(), Stage::Asking);
  EXPECT_EQ(conversation_.request(), nullptr);
  EXPECT_EQ(say_text(R"({"type":"run","link":"wifi","label":""})"), "");
  ASSERT_EQ(conversation_.stage(), Stage::Waiting);
  EXPECT_EQ(conversation_.request()->sweep.values.link, "wifi");
}

TEST_F(WebConversationTest, AcceptsOneRequestOnly) {
  static_cast<void>(open());
  static_cast<void>(say_text(R"({"type":"run","link":"wifi"})"));
  EXPECT_THAT(say_text(R"({"type":"run","link":"wifi"})"), HasSubstr("unexpected message"));
  EXPECT_EQ(conversation_.stage(), Stage::Failed);
}

TEST_F(WebConversationTest, LimitsTheRequestAndTheQuestions) {
  WebConversation large(site_, offer_);
  EXPECT_THAT(large.add(bytes_of(std::string(kLargestHttpRequest + 1, 'a')), {}),
              StartsWith("HTTP/1.1 431 "));
  static_cast<void>(open());
  std::string reply;
  for (int i = 0; i < 40 && conversation_.stage() == Stage::Asking; ++i) {
    reply = say_text(R"({"type":"look"})");
  }
  EXPECT_THAT(reply, HasSubstr("too many messages"));
}

TEST_F(WebConversationTest, LimitsThePingsOfAClientThatWaits) {
  static_cast<void>(open());
  static_cast<void>(say_text(R"({"type":"run","link":"wifi"})"));
  const std::string ping("\x89\x80\0\0\0\0", 6);
  std::string reply;
  int pongs = 0;
  for (; pongs < 2000 && conversation_.stage() == Stage::Waiting; ++pongs) {
    reply = say(ping);
  }
  EXPECT_GE(pongs, 100);
  EXPECT_THAT(reply, HasSubstr("too many messages"));
  EXPECT_EQ(conversation_.stage(), Stage::Failed);
}

TEST_F(WebConversationTest, RefusesInTheWayOfItsStage) {
  const Refuse refusal{.reason = "full", .hint = "Later."};
  EXPECT_THAT(conversation_.say(refusal), StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(conversation_.say_too_late(), StartsWith("HTTP/1.1 408 "));
  static_cast<void>(open());
  EXPECT_THAT(conversation_.say(refusal), HasSubstr(R"("type":"refused","reason":"full")"));
}

}  // namespace
}  // namespace tcpstep
