#include "lib/sweep/resent_acks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <thread>
#include <variant>
#include <vector>

#include "lib/net/tcp_connection.h"
#include "tests/unit/net/loopback.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

struct FakeClock {
  static std::int64_t now() { return ticks; }
  static inline std::int64_t ticks = 0;
};

struct CountingPeer {
  [[nodiscard]] std::optional<std::uint32_t> retransmits() const {
    ++looks;
    return count;
  }
  std::optional<std::uint32_t> count = 0;
  mutable int looks = 0;
};

using Watch = ResentAckWatch<CountingPeer, FakeClock>;

TEST(ResentAckWatchTest, BlamesTheAckThatWasUnderWay) {
  CountingPeer peer;
  Watch watch(peer, true);
  watch.note_ack();  // ping 1
  ++FakeClock::ticks;
  peer.count = 1;  // while ping 2 is awaited
  watch.note_ack();
  ++FakeClock::ticks;
  watch.note_ack();
  ++FakeClock::ticks;
  peer.count = 4;  // while the end is awaited
  watch.finish();
  EXPECT_THAT(watch.take(), ElementsAre(ResentAck{1, 1}, ResentAck{3, 3}));
}

TEST(ResentAckWatchTest, DoesNotCountWhatWasSentBeforeTheFirstAck) {
  CountingPeer peer;
  Watch watch(peer, true);
  ++FakeClock::ticks;
  peer.count = 1;
  watch.note_ack();
  watch.finish();
  EXPECT_THAT(watch.take(), IsEmpty());
}

TEST(ResentAckWatchTest, AsksTheKernelOnlyWhenATimerCanHaveExpired) {
  CountingPeer peer;
  Watch watch(peer, true);
  for (int ping = 0; ping < 100; ++ping) {
    watch.note_ack();
  }
  EXPECT_EQ(peer.looks, 1);
}

TEST(ResentAckWatchTest, FindsNothingIfTheKernelDoesNotTell) {
  CountingPeer peer{.count = std::nullopt};
  Watch watch(peer, true);
  watch.note_ack();
  watch.finish();
  EXPECT_THAT(watch.take(), IsEmpty());
}

// Two ends of a connection: the one that measures asks, the other one tells.
class ResentAcksReportTest : public LoopbackTest {
 protected:
  // What `server` takes from those frames of the client.
  ResentAcksReport ask(std::uint64_t pings, const std::vector<Message>& report) {
    FrameStream frames(*client);
    for (const Message& message : report) {
      EXPECT_EQ(frames.send(message), PingStatus::Ok);
    }
    FrameStream asking(*server);
    return ask_for_resent_acks(asking, pings, 5s);
  }
};

TEST_F(ResentAcksReportTest, ComeAsTheyWereInAsManyFramesAsNeeded) {
  std::vector<ResentAck> resent;
  for (std::uint64_t ping = 1; ping <= 2 * kMostResentAcks + 1; ++ping) {
    resent.push_back({.ping = 3 * ping, .times = 1 + static_cast<std::uint32_t>(ping % 9)});
  }
  std::thread teller([&] {
    client->set_io_timeout(5s);
    FrameStream frames(*client);
    const auto next = receive_after_pings(frames, 20'000, resent, 5s);
    EXPECT_TRUE(next.message && std::holds_alternative<Stored>(*next.message));
  });
  FrameStream frames(*server);
  const ResentAcksReport report = ask_for_resent_acks(frames, 20'000, 5s);
  EXPECT_EQ(report.status, PingStatus::Ok);
  EXPECT_EQ(report.resent, resent);
  EXPECT_EQ(frames.send(Stored{}), PingStatus::Ok);
  teller.join();
}

TEST_F(ResentAcksReportTest, AreRejectedUnlessTheyAreOfThesePings) {
  EXPECT_EQ(ask(9, {ResentAcks{.pings = 9}}).status, PingStatus::Ok);
  EXPECT_EQ(ask(9, {ResentAcks{.pings = 8}}).status, PingStatus::Protocol);
  EXPECT_EQ(ask(9, {Ready{}}).status, PingStatus::Protocol);
}

TEST_F(ResentAcksReportTest, AreRejectedUnlessEachFrameContinuesTheLast) {
  const ResentAcks first{.pings = 9, .acks = {{5, 1}}, .has_more = true};
  EXPECT_EQ(ask(9, {first, ResentAcks{.pings = 9, .acks = {{6, 1}}}}).status, PingStatus::Ok);
  EXPECT_EQ(ask(9, {first, ResentAcks{.pings = 9, .acks = {{5, 1}}}}).status, PingStatus::Protocol);
}

TEST_F(ResentAcksReportTest, NeedAnAckInEveryFrameButTheLast) {
  const ResentAcks empty{.pings = 9, .acks = {}, .has_more = true};
  EXPECT_EQ(ask(9, {empty, ResentAcks{.pings = 9}}).status, PingStatus::Protocol);
}

TEST_F(ResentAcksReportTest, StayUnknownIfTheConnectionEnds) {
  client.reset();
  FrameStream frames(*server);
  EXPECT_NE(ask_for_resent_acks(frames, 9, 5s).status, PingStatus::Ok);
}

}  // namespace
}  // namespace tcpstep
