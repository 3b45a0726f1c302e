#include "lib/sweep/responder.h"

#include <gtest/gtest.h>

#include <deque>
#include <string>

namespace tcpstep {
namespace {

// Delivers the given pieces one by one, then closes.
struct ScriptedPeer {
  struct Received {
    PingStatus status;
    std::size_t bytes;
  };
  Received receive_some(std::span<std::byte> buffer) {
    if (pieces.empty()) {
      return {PingStatus::Closed, 0};
    }
    const std::string piece = pieces.front();
    pieces.pop_front();
    for (std::size_t i = 0; i < piece.size(); ++i) {
      buffer[i] = static_cast<std::byte>(piece[i]);
    }
    return {PingStatus::Ok, piece.size()};
  }
  PingStatus send_all(std::span<const std::byte> ack) {
    acks += std::string(ack.size(), static_cast<char>(ack[0]));
    return PingStatus::Ok;
  }
  static std::optional<std::uint32_t> retransmits() { return 0; }
  std::deque<std::string> pieces;
  std::string acks;
};

AckedPayloads respond(ScriptedPeer& peer) {
  return Responder(peer).run();
}

TEST(ResponderTest, AcksEverySentinelWithOneByte) {
  ScriptedPeer peer{.pieces = {"1", "xx1", "xxxx1"}, .acks = {}};
  const AckedPayloads acked = respond(peer);
  EXPECT_EQ(peer.acks, "111");
  EXPECT_EQ(acked.payloads, 3U);
  EXPECT_EQ(acked.bytes, 9U);
  EXPECT_EQ(acked.end, PingStatus::Closed);
  EXPECT_EQ(acked.unfinished_bytes, 0U);
}

TEST(ResponderTest, FindsTheSentinelInAnySplitOfTheStream) {
  ScriptedPeer peer{.pieces = {"x", "x", "xx", "1", "1"}, .acks = {}};
  EXPECT_EQ(respond(peer).payloads, 2U);
  EXPECT_EQ(peer.acks, "11");
}

TEST(ResponderTest, DistinguishesACutPayloadFromAnOrderlyEnd) {
  ScriptedPeer peer{.pieces = {"1", "xxx"}, .acks = {}};
  const AckedPayloads acked = respond(peer);
  EXPECT_EQ(acked.payloads, 1U);
  EXPECT_EQ(acked.unfinished_bytes, 3U);
}

TEST(ResponderTest, StopsAtAServerThatDoesNotWait) {
  ScriptedPeer peer{.pieces = {"x1x1", "1"}, .acks = {}};
  EXPECT_EQ(respond(peer).end, PingStatus::Protocol);
  ScriptedPeer inside{.pieces = {"x1x", "1"}, .acks = {}};
  EXPECT_EQ(respond(inside).end, PingStatus::Protocol);
  EXPECT_EQ(inside.acks, "");
}

TEST(ResponderTest, TakesNoMoreThanItsLimits) {
  const auto excess = [](std::deque<std::string> pieces, const ResponderLimits& limits) {
    ScriptedPeer peer{.pieces = std::move(pieces), .acks = {}};
    const AckedPayloads acked = Responder(peer, {.limits = limits}).run();
    EXPECT_EQ(acked.end == PingStatus::Closed, acked.excess == Excess::None);
    return acked.excess;
  };
  EXPECT_EQ(excess({"xx1", "xx1"}, {.payload_bytes = 3, .payloads = 2, .bytes = 6}), Excess::None);
  EXPECT_EQ(excess({"xx1", "xxx1"}, {.payload_bytes = 3}), Excess::PayloadBytes);
  EXPECT_EQ(excess({"xx", "xx", "xx"}, {.payload_bytes = 3}), Excess::PayloadBytes);
  EXPECT_EQ(excess({"1", "1", "1"}, {.payloads = 2}), Excess::Payloads);
  EXPECT_EQ(excess({"xx1", "xx1"}, {.bytes = 5}), Excess::Bytes);
  EXPECT_EQ(excess(std::deque<std::string>(20, std::string(65536, 'x')), {}), Excess::PayloadBytes)
      << "no payload has more than 1 MiB";
}

TEST(ResponderTest, StopsSearchingOnceTheServerHasFollowedTheProtocol) {
  ScriptedPeer peer{.pieces = std::deque<std::string>(100, "x1"), .acks = {}};
  peer.pieces.emplace_back("x1x1");
  const AckedPayloads acked = respond(peer);
  EXPECT_EQ(acked.end, PingStatus::Closed);
  EXPECT_EQ(acked.payloads, 101U);
}

}  // namespace
}  // namespace tcpstep
