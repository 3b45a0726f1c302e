#include "lib/protocol/messages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

std::string refusal_of(std::string_view json) {
  try {
    static_cast<void>(decode(json));
  } catch (const ProtocolError& error) {
    return error.what();
  }
  return "taken";
}

Request whole_request() {
  return {.tool = "0.1.0",
          .link = "adsl",
          .label = "desk",
          .sizes = "1:9901:100,boundaries",
          .rounds = 3,
          .warmup_rounds = 0,
          .order = "shuffled",
          .seed = 18'446'744'073'709'551'615U,
          .interval = 20ms,
          .direction = MeasuredDirection::Up,
          .connection = ConnectionMode::Fresh,
          .wants_result = true,
          .environment = {{"os", "Linux"}, {"cpu", "some \"cpu\""}}};
}

TEST(MessagesTest, ARequestComesBackAsItWas) {
  const Request sent = whole_request();
  const auto got = std::get<Request>(decode(encode(sent)));
  EXPECT_EQ(got.tool, sent.tool);
  EXPECT_EQ(got.link, sent.link);
  EXPECT_EQ(got.label, sent.label);
  EXPECT_EQ(got.sizes, sent.sizes);
  EXPECT_EQ(got.rounds, sent.rounds);
  EXPECT_EQ(got.warmup_rounds, sent.warmup_rounds);
  EXPECT_EQ(got.order, sent.order);
  EXPECT_EQ(got.seed, sent.seed);
  EXPECT_EQ(got.interval, sent.interval);
  EXPECT_EQ(got.direction, sent.direction);
  EXPECT_EQ(got.connection, sent.connection);
  EXPECT_EQ(got.wants_result, sent.wants_result);
  EXPECT_EQ(got.environment, sent.environment);
}

TEST(MessagesTest, WhatARequestLeavesOutIsLeftToTheServer) {
  const auto got = std::get<Request>(decode(R"({"type":"request","protocol":1})"));
  EXPECT_EQ(got.sizes, "");
  EXPECT_FALSE(got.rounds || got.warmup_rounds || got.seed || got.interval);
  EXPECT_EQ(got.direction, MeasuredDirection::Down);
  EXPECT_EQ(got.connection, ConnectionMode::Warm);
}

TEST(MessagesTest, AHelloAndAnAcceptComeBackAsTheyWere) {
  const Hello hello{.protocol = 1,
                    .tool = "0.1.0",
                    .nonce = std::string(64, 'a'),
                    .wants_authentication = true,
                    .limits = {.bytes = 1, .pings = 2, .seconds = 3}};
  const auto hello_again = std::get<Hello>(decode(encode(hello)));
  EXPECT_EQ(hello_again.nonce, hello.nonce);
  EXPECT_TRUE(hello_again.wants_authentication);
  EXPECT_EQ(hello_again.limits.seconds, 3U);

  const Accept accept{.run_id = "id",
                      .token = std::string(32, '0'),
                      .link = "lan",
                      .label = {},
                      .sizes = "1,2",
                      .rounds = 20,
                      .warmup_rounds = 1,
                      .order = "ascending",
                      .seed = 7,
                      .interval = 1ms,
                      .timeout = 10s,
                      .fill = "random",
                      .direction = MeasuredDirection::Down,
                      .connection = ConnectionMode::Warm,
                      .pings = 42,
                      .concurrent_runs = 1,
                      .environment = {{"os", "Linux"}}};
  const auto again = std::get<Accept>(decode(encode(accept)));
  EXPECT_EQ(again.timeout, 10s);
  EXPECT_EQ(again.pings, 42U);
  EXPECT_EQ(again.label, "");
  EXPECT_EQ(again.environment, accept.environment);
}

TEST(MessagesTest, UnknownKeysAreIgnored) {
  EXPECT_EQ(refusal_of(R"({"type":"ready","colour":"green","more":{"x":[1,2]}})"), "taken");
}

TEST(MessagesTest, AnotherProtocolNumberIsRefusedByName) {
  EXPECT_EQ(refusal_of(R"({"type":"request","protocol":2})"),
            "protocol 2 is spoken there, protocol 1 here");
  EXPECT_EQ(refusal_of(R"({"type":"request"})"), "protocol is missing");
}

TEST(MessagesTest, TheSameKeyTwiceIsRefused) {
  EXPECT_EQ(refusal_of(R"({"type":"ready","type":"ready"})"), "the key 'type' stands there twice");
  EXPECT_EQ(refusal_of(R"({"type":"ready","a":{"b":1},"c":{"b":1}})"), "taken");
}

TEST(MessagesTest, DeepNestingIsRefused) {
  std::string deep = R"({"type":"ready","a":)";
  EXPECT_EQ(refusal_of(deep + std::string(30'000, '[')), "JSON nested deeper than 4 levels");
}

TEST(MessagesTest, WrongTypesAndValuesAreRefusedWithTheirKey) {
  const auto request = [](std::string_view rest) {
    return refusal_of(R"({"type":"request","protocol":1,)" + std::string(rest) + "}");
  };
  EXPECT_THAT(request(R"("rounds":"3")"), testing::StartsWith("rounds is \"3\", not a whole"));
  EXPECT_THAT(request(R"("rounds":-1)"), testing::StartsWith("rounds is -1"));
  EXPECT_THAT(request(R"("rounds":1.5)"), testing::StartsWith("rounds is 1.5"));
  EXPECT_THAT(request(R"("rounds":0)"), testing::HasSubstr("from 1 to 1000000"));
  EXPECT_THAT(request(R"("rounds":99999999999999999999)"), testing::StartsWith("rounds is"));
  EXPECT_THAT(request(R"("order":"random")"), testing::HasSubstr("ascending or shuffled"));
  EXPECT_THAT(request(R"("direction":null)"), testing::StartsWith("direction is null"));
  EXPECT_THAT(request(R"("environment":[])"), testing::HasSubstr("not an object"));
  EXPECT_THAT(request(R"("environment":{"../x":"1"})"), testing::HasSubstr("no name of a fact"));
  EXPECT_THAT(request(R"("environment":{"os":1})"), testing::StartsWith("os is 1"));
  EXPECT_THAT(request(R"("result":"yes")"), testing::HasSubstr("true or false"));
}

TEST(MessagesTest, NamesThatCouldLeaveTheFolderOrSpoilATerminalAreRefused) {
  for (const char* name : {"../x", "a/b", "", "\\u001b[31m", "a b", "$(id)", "'; set term"}) {
    const std::string json =
        R"({"type":"request","protocol":1,"link":")" + std::string(name) + R"("})";
    EXPECT_THAT(refusal_of(json), testing::StartsWith("link is")) << name;
    EXPECT_EQ(refusal_of(json).find('\x1b'), std::string::npos);
  }
}

TEST(MessagesTest, WhatIsNoJsonOrNoObjectIsRefused) {
  EXPECT_THAT(refusal_of("GET / HTTP/1.1"), testing::StartsWith("no JSON"));
  EXPECT_THAT(refusal_of("{\"type\":\"ready\"} x"), testing::StartsWith("no JSON"));
  EXPECT_THAT(refusal_of("{\"type\":\"\xff\"}"), testing::StartsWith("no JSON"));
  EXPECT_EQ(refusal_of("[]"), "the JSON of a frame is no object");
  EXPECT_EQ(refusal_of(""), refusal_of(""));
  EXPECT_EQ(refusal_of(R"({"type":"explode"})"), "'explode' is no type of frame");
}

TEST(MessagesTest, TextsOfThisHostThatAreNoUtf8EndNothing) {
  const Refuse refuse{.reason = "no \xff", .hint = {}};
  EXPECT_EQ(std::get<Refuse>(decode(encode(refuse))).reason, "no \xEF\xBF\xBD");
}

}  // namespace
}  // namespace tcpstep
