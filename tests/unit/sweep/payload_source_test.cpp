#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "lib/protocol/frame.h"
#include "lib/protocol/websocket.h"
#include "lib/sweep/sweep_plan.h"

namespace tcpstep {
namespace {

TEST(PayloadSourceTest, PutsTheSentinelAtTheEndAndNowhereElse) {
  PayloadSource source(PayloadSize(9901), Fill::Random, 1);
  for (int round = 0; round < 20; ++round) {
    for (std::uint32_t bytes = 1; bytes <= 9901; bytes += 100) {
      const auto payload = source.next(PayloadSize(bytes));
      ASSERT_EQ(payload.size(), bytes);
      ASSERT_EQ(payload.back(), kSentinel);
      ASSERT_EQ(std::ranges::count(payload, kSentinel), 1);
      ASSERT_EQ(std::ranges::count(payload, kFrameMark), 0);
    }
  }
}

TEST(PayloadSourceTest, DoesNotRepeatBytesThatACompressorMayRemember) {
  PayloadSource source(PayloadSize(9901), Fill::Random, 1);
  const auto first = source.next(PayloadSize(9901));
  const std::vector<std::byte> before(first.begin(), first.end() - 1);
  const auto second = source.next(PayloadSize(9901));
  EXPECT_TRUE(std::ranges::search(second, std::span(before).first(16)).empty());
}

TEST(PayloadSourceTest, FillsWithZerosIfAsked) {
  PayloadSource source(PayloadSize(3), Fill::Zero, 1);
  static_cast<void>(source.next(PayloadSize(3)));
  EXPECT_THAT(source.next(PayloadSize(3)),
              testing::ElementsAre(std::byte{0}, std::byte{0}, kSentinel));
}

TEST(PayloadSourceTest, GivesTheSameBytesForTheSameSeed) {
  PayloadSource a(PayloadSize(500), Fill::Random, 7);
  PayloadSource b(PayloadSize(500), Fill::Random, 7);
  EXPECT_TRUE(std::ranges::equal(a.next(PayloadSize(500)), b.next(PayloadSize(500))));
}

TEST(PayloadSourceTest, MakesMessagesForABrowser) {
  PayloadSource source(PayloadSize(70000), Fill::Random, 1, Framing::WebSocket);
  for (const std::uint32_t bytes : {kSmallestMessage, 1448U, 9901U, 70000U}) {
    const auto message = source.next(PayloadSize(bytes));
    ASSERT_EQ(message.size(), bytes);
    EXPECT_EQ(message.front(), std::byte{0x82}) << bytes;  // a final binary frame
  }
}

}  // namespace
}  // namespace tcpstep
