#include "lib/sweep/ping_timer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <string>

namespace {

std::atomic<long> allocations{0};

}  // namespace

// Counts what this program allocates, so that a test can prove a round allocates nothing.
void* operator new(std::size_t size, const std::nothrow_t& /*tag*/) noexcept {
  ++allocations;
  return std::malloc(size);
}
void* operator new(std::size_t size) {
  if (void* memory = operator new(size, std::nothrow)) {
    return memory;
  }
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

// A clock that moves only when the peer or the test moves it.
struct FakeClock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<FakeClock>;
  static constexpr bool is_steady = true;
  static time_point now() { return time_point(elapsed); }
  static inline Duration elapsed{0};
};

// Acks after 10 µs and 1 ns per byte, and records its calls.
struct FakePeer {
  PingStatus stay_idle(Duration pause) noexcept {
    FakeClock::elapsed += pause + 3us;  // must not count
    calls += 'i';
    return idle_status;
  }
  PingStatus send_all(std::span<const std::byte> payload) noexcept {
    FakeClock::elapsed += Duration(static_cast<Duration::rep>(payload.size()));
    calls += 's';
    return PingStatus::Ok;
  }
  PingStatus receive_ack() noexcept {
    FakeClock::elapsed += 10us;
    calls += 'r';
    return ++acks == fail_at ? fail_with : PingStatus::Ok;
  }
  void explain(Sample& sample, Duration sent_at) noexcept {
    FakeClock::elapsed += 5us;  // must not count
    calls += 'e';
    sample.evidence.segments = 7;
    explained_sent_at = sent_at;
  }

  std::string calls = std::string(1000, ' ').erase();  // memory for all calls taken in advance
  Duration explained_sent_at{0};
  int acks = 0;
  int fail_at = 0;
  PingStatus fail_with = PingStatus::Timeout;
  PingStatus idle_status = PingStatus::Ok;
};

class PingTimerTest : public testing::Test {
 protected:
  FakePeer peer;
  PayloadSource payloads{PayloadSize(200), Fill::Random, 1};
  std::vector<PayloadSize> sizes{PayloadSize(1), PayloadSize(101), PayloadSize(200)};
  Round round{.number = 1, .sizes = sizes};
  std::vector<Sample> samples;
};

TEST_F(PingTimerTest, TimesFromBeforeTheSendToAfterTheAck) {
  PingTimer<FakePeer, FakeClock> timer(peer, payloads);
  timer.measure(round, samples);
  ASSERT_EQ(samples.size(), 3U);
  EXPECT_EQ(samples[0].rtt, 10us + 1ns);
  EXPECT_EQ(samples[1].rtt, 10us + 101ns);
  EXPECT_EQ(samples[2].rtt, 10us + 200ns);
  EXPECT_EQ(peer.calls, "isreisreisre");
}

TEST_F(PingTimerTest, LeavesTheIntervalOutOfTheRttAndInTheStartTime) {
  PingTimer<FakePeer, FakeClock> timer(peer, payloads, 1ms);
  timer.measure(round, samples);
  EXPECT_EQ(samples[0].rtt, 10us + 1ns);
  EXPECT_EQ(samples[0].start, 1ms + 3us);
  EXPECT_EQ(samples[1].start, 2 * (1ms + 3us) + 10us + 1ns + 5us);
}

TEST_F(PingTimerTest, AddsTheKernelsEvidenceAfterTheSecondReading) {
  FakeClock::elapsed = 1s;
  PingTimer<FakePeer, FakeClock> timer(peer, payloads);
  timer.measure({.number = 1, .sizes = round.sizes.first(1)}, samples);
  EXPECT_EQ(samples[0].evidence.segments, 7U);
  EXPECT_EQ(peer.explained_sent_at, 1s + 3us);
}

TEST_F(PingTimerTest, StopsAfterTheFirstPingThatFails) {
  peer.fail_at = 2;
  PingTimer<FakePeer, FakeClock> timer(peer, payloads);
  EXPECT_EQ(timer.measure(round, samples), PingStatus::Timeout);
  ASSERT_EQ(samples.size(), 2U);
  EXPECT_EQ(samples[0].status, PingStatus::Ok);
  EXPECT_EQ(samples[1].status, PingStatus::Timeout);
}

TEST_F(PingTimerTest, SendsNothingAfterUnsolicitedData) {
  peer.idle_status = PingStatus::Protocol;
  PingTimer<FakePeer, FakeClock> timer(peer, payloads);
  timer.measure(round, samples);
  ASSERT_EQ(samples.size(), 1U);
  EXPECT_EQ(samples[0].status, PingStatus::Protocol);
  EXPECT_EQ(peer.calls, "ie");
}

TEST_F(PingTimerTest, AppendsToTheSamplesOfEarlierRounds) {
  PingTimer<FakePeer, FakeClock> timer(peer, payloads);
  EXPECT_EQ(timer.measure(round, samples), PingStatus::Ok);
  EXPECT_EQ(timer.measure({.number = 2, .sizes = round.sizes}, samples), PingStatus::Ok);
  ASSERT_EQ(samples.size(), 6U);
  EXPECT_EQ(samples[2].round, 1U);
  EXPECT_EQ(samples[3].round, 2U);
  EXPECT_EQ(samples[3].size, PayloadSize(1));
}

TEST_F(PingTimerTest, AllocatesNothingDuringARound) {
  PingTimer<FakePeer, FakeClock> timer(peer, payloads);
  samples.reserve(3);
  const long before = allocations;
  timer.measure(round, samples);
  EXPECT_EQ(allocations, before);
  EXPECT_EQ(samples.size(), 3U);
}

}  // namespace
}  // namespace tcpstep
