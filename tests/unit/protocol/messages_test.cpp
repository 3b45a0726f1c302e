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

SweepSpec whole_sweep() {
  return {.link = "adsl",
          .label = "desk",
          .direction = MeasuredDirection::Up,
          .connection = ConnectionMode::Fresh,
          .sizes = parse_sizes("1:9901:100,boundaries"),
          .rounds = 3,
          .warmup_rounds = 0,
          .order = Order::Shuffled,
          .seed = 18'446'744'073'709'551'615U,
          .interval = 20ms,
          .timeout = 1500us,
          .fill = Fill::Zero};
}

// Every setting as the result header has it.
std::string facts_of(const SweepSpec& sweep) {
  std::string facts;
  for_each_sweep_field([&](const auto& field) {
    facts += std::string(field.key) + "=" + to_fact(sweep.*field.member) + " ";
  });
  return facts;
}

Request whole_request() {
  return {.tool = "0.1.0",
          .sweep = {.values = whole_sweep(),
                    .chosen = {"link", "label", "sizes", "rounds", "warmup_rounds", "order", "seed",
                               "interval_ns"}},
          .wants_result = true,
          .environment = {{"os", "Linux"}, {"cpu", "some \"cpu\""}}};
}

TEST(MessagesTest, ARequestComesBackAsItWas) {
  const Request sent = whole_request();
  const auto got = std::get<Request>(decode(encode(sent)));
  EXPECT_EQ(got.tool, sent.tool);
  const SweepSpec defaults;  // of what a request does not carry
  SweepSpec expected = whole_sweep();
  expected.timeout = defaults.timeout;
  expected.fill = defaults.fill;
  EXPECT_EQ(facts_of(got.sweep.over({})), facts_of(expected));
  EXPECT_TRUE(got.sweep.lengthens_run());
  EXPECT_EQ(got.wants_result, sent.wants_result);
  EXPECT_EQ(got.environment, sent.environment);
}

TEST(MessagesTest, ResentAcksComeBackAsTheyWere) {
  const ResentAcks sent{.pings = 2100, .acks = {{1, 1}, {7, 2}, {2100, 255}}, .has_more = true};
  const auto got = std::get<ResentAcks>(decode(encode(sent)));
  EXPECT_EQ(got.pings, sent.pings);
  EXPECT_EQ(got.acks, sent.acks);
  EXPECT_TRUE(got.has_more);
  const ResentAcks most{.pings = ~std::uint64_t{0},
                        .acks = std::vector<ResentAck>(kMostResentAcks, {~std::uint64_t{0}, 255})};
  EXPECT_LE(encode(most).size(), kLargestFrame);
}

TEST(MessagesTest, RejectsResentAcksThatCannotBe) {
  for (const char* acks :
       {R"({})", R"([1])", R"([[1]])", R"([[1,1,1]])", R"([[0,1]])", R"([[1,0]])", R"([[1,256]])",
        R"([[10,1]])", R"([[2,1],[1,1]])", R"([[2,1],[2,1]])", R"([[-1,1]])", R"([[1.5,1]])",
        R"([["1",1]])", R"([[[1],1]])"}) {
    const auto json = fmt::format(R"({{"type":"resent_acks","pings":9,"acks":{}}})", acks);
    EXPECT_THROW(static_cast<void>(decode(json)), ProtocolError) << json;
  }
  std::string many = R"({"type":"resent_acks","pings":9000,"acks":[)";
  for (std::size_t ping = 1; ping <= kMostResentAcks + 1; ++ping) {
    many += fmt::format("{}[{},1]", ping == 1 ? "" : ",", ping);
  }
  EXPECT_THROW(static_cast<void>(decode(many + "]}")), ProtocolError);
}

TEST(MessagesTest, WhatARequestLeavesOutIsLeftToTheServer) {
  const auto got = std::get<Request>(decode(R"({"type":"request","protocol":1})"));
  EXPECT_EQ(facts_of(got.sweep.over(whole_sweep())), facts_of(whole_sweep()));
  EXPECT_FALSE(got.sweep.lengthens_run());
}

TEST(MessagesTest, AHelloAndAnAcceptComeBackAsTheyWere) {
  const Hello hello{.tool = "0.1.0",
                    .nonce = std::string(64, 'a'),
                    .wants_authentication = true,
                    .limits = {.bytes = 1, .pings = 2, .seconds = 3}};
  const auto hello_again = std::get<Hello>(decode(encode(hello)));
  EXPECT_EQ(hello_again.nonce, hello.nonce);
  EXPECT_TRUE(hello_again.wants_authentication);
  EXPECT_EQ(hello_again.limits.seconds, 3U);

  const Accept accept{.run_id = "id",
                      .token = std::string(32, '0'),
                      .sweep = whole_sweep(),
                      .pings = 42,
                      .concurrent_runs = 1,
                      .environment = {{"os", "Linux"}}};
  const auto again = std::get<Accept>(decode(encode(accept)));
  EXPECT_EQ(facts_of(again.sweep), facts_of(whole_sweep()));
  EXPECT_EQ(again.pings, 42U);
  EXPECT_EQ(again.environment, accept.environment);
}

// Bytes on the wire are the contract with other versions.
TEST(MessagesTest, EncodesAsEarlierVersionsDo) {
  Request request{.tool = "0.1.0", .sweep = {.values = {.link = "lan"}, .chosen = {"link"}}};
  EXPECT_EQ(encode(request),
            R"({"connection":"warm","direction":"down","environment":{},"link":"lan","protocol":1,)"
            R"("result":false,"tool":"0.1.0","type":"request"})");
  const Accept accept{.run_id = "id",
                      .token = std::string(32, '0'),
                      .sweep = {.sizes = parse_sizes("1,2"), .seed = 7, .interval = 1ms}};
  EXPECT_EQ(encode(accept),
            R"({"anonymous":false,"concurrent_runs":1,"connection":"warm","direction":"down",)"
            R"("environment":{},"fill":"random","interval_ns":1000000,"link":"unnamed",)"
            R"("order":"ascending","pings":0,"rounds":20,"run_id":"id","seed":7,"sizes":"1,2",)"
            R"("timeout_ns":10000000000,"token":"00000000000000000000000000000000",)"
            R"("type":"accept","warmup_rounds":1})");
}

TEST(MessagesTest, AnAcceptWithoutASettingIsRejected) {
  EXPECT_EQ(refusal_of(R"({"type":"accept","token":")" + std::string(32, '0') + R"("})"),
            "sizes is missing");
}

TEST(MessagesTest, UnknownKeysAreIgnored) {
  EXPECT_EQ(refusal_of(R"({"type":"ready","colour":"green","more":{"x":[1,2]}})"), "taken");
}

TEST(MessagesTest, AnotherProtocolNumberIsRejected) {
  EXPECT_EQ(refusal_of(R"({"type":"request","protocol":2})"),
            "peer uses protocol 2; this version supports 1");
  EXPECT_EQ(refusal_of(R"({"type":"request"})"), "protocol is missing");
}

TEST(MessagesTest, DuplicateKeysAreRejected) {
  EXPECT_EQ(refusal_of(R"({"type":"ready","type":"ready"})"), "duplicate key 'type'");
  EXPECT_EQ(refusal_of(R"({"type":"ready","a":{"b":1},"c":{"b":1}})"), "taken");
}

TEST(MessagesTest, DeepNestingIsRejected) {
  std::string deep = R"({"type":"ready","a":)";
  EXPECT_EQ(refusal_of(deep + std::string(30'000, '[')), "JSON nested deeper than 4 levels");
}

TEST(MessagesTest, WrongTypesAndValuesAreRejectedWithTheirKey) {
  const auto request = [](std::string_view rest) {
    return refusal_of(R"({"type":"request","protocol":1,)" + std::string(rest) + "}");
  };
  EXPECT_THAT(request(R"("rounds":"3")"), testing::StartsWith("rounds is \"3\": expected a whole"));
  EXPECT_THAT(request(R"("rounds":-1)"), testing::StartsWith("rounds is -1"));
  EXPECT_THAT(request(R"("rounds":1.5)"), testing::StartsWith("rounds is 1.5"));
  EXPECT_THAT(request(R"("rounds":0)"),
              testing::HasSubstr("expected a whole number from 1 to 1000000"));
  EXPECT_THAT(request(R"("rounds":99999999999999999999)"), testing::StartsWith("rounds is"));
  EXPECT_THAT(request(R"("order":"random")"), testing::HasSubstr("ascending or shuffled"));
  EXPECT_THAT(request(R"("direction":null)"), testing::StartsWith("direction is null"));
  EXPECT_THAT(request(R"("environment":[])"), testing::HasSubstr("expected an object"));
  EXPECT_THAT(request(R"("environment":{"../x":"1"})"),
              testing::HasSubstr("invalid name '../x' in environment"));
  EXPECT_THAT(request(R"("environment":{"os":1})"), testing::StartsWith("os is 1"));
  EXPECT_THAT(request(R"("result":"yes")"), testing::HasSubstr("true or false"));
}

TEST(MessagesTest, NamesThatCouldLeaveTheFolderOrSpoilATerminalAreRejected) {
  for (const char* name : {"../x", "a/b", "", "\\u001b[31m", "a b", "$(id)", "'; set term"}) {
    const std::string json =
        R"({"type":"request","protocol":1,"link":")" + std::string(name) + R"("})";
    EXPECT_THAT(refusal_of(json), testing::StartsWith("link: invalid name")) << name;
    EXPECT_EQ(refusal_of(json).find('\x1b'), std::string::npos);
  }
}

TEST(MessagesTest, AnythingButAJsonObjectOfAKnownTypeIsRejected) {
  EXPECT_THAT(refusal_of("GET / HTTP/1.1"), testing::StartsWith("invalid JSON"));
  EXPECT_THAT(refusal_of("{\"type\":\"ready\"} x"), testing::StartsWith("invalid JSON"));
  EXPECT_THAT(refusal_of("{\"type\":\"\xff\"}"), testing::StartsWith("invalid JSON"));
  EXPECT_EQ(refusal_of("[]"), "invalid frame: expected a JSON object");
  EXPECT_THAT(refusal_of(""), testing::StartsWith("invalid JSON"));
  EXPECT_EQ(refusal_of(R"({"type":"explode"})"), "unknown frame type 'explode'");
}

TEST(MessagesTest, TextsOfThisHostMayBeInvalidUtf8) {
  const Refuse refuse{.reason = "no \xff", .hint = {}};
  EXPECT_EQ(std::get<Refuse>(decode(encode(refuse))).reason, "no \xEF\xBF\xBD");
}

}  // namespace
}  // namespace tcpstep
