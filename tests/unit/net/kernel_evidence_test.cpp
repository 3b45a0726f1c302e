// TCP_INFO and kernel timestamps, on real connections over loopback and on made-up data.
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <optional>
#include <thread>

#include "lib/net/interface_info.h"
#include "lib/net/tcp_connection.h"
#include "lib/net/tcp_info.h"
#include "tests/unit/net/loopback.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

TEST(TcpInfoTest, UsesNoFieldBeyondWhatTheKernelFilled) {
  tcp_info info{};
  info.tcpi_rtt = 33800;
  info.tcpi_min_rtt = 12;
  const TcpInfo whole(info, sizeof info);
  EXPECT_EQ(whole.get(&tcp_info::tcpi_min_rtt), 12U);
  const TcpInfo of_an_old_kernel(info, 104);
  EXPECT_EQ(of_an_old_kernel.get(&tcp_info::tcpi_rtt), 33800U);
  EXPECT_EQ(of_an_old_kernel.get(&tcp_info::tcpi_min_rtt), std::nullopt);
  const TcpInfo rubbish(info, 4);  // what an emulator of system calls was seen to give
  EXPECT_EQ(rubbish.get(&tcp_info::tcpi_rtt), std::nullopt);
}

TEST(TcpInfoTest, GivesTheGrowthOfACounterOnlyIfBothEndsAreKnown) {
  EXPECT_EQ(growth(5U, 12U), 7U);
  EXPECT_EQ(growth(std::nullopt, 12U), std::nullopt);
  EXPECT_EQ(growth(5U, std::nullopt), std::nullopt);
  EXPECT_EQ(growth(4'294'967'295U, 1U), 2U) << "counters of 32 bits go round";
}

TEST(DoubtfulAckTest, TakesARetransmissionTimerLongerThanThePayloadNeeded) {
  const AckEvidence before{.busy = 1s, .expected_rtt = 1ms, .deviation = 50ms};
  AckEvidence after = before;
  after.busy = 1s + 4ms;  // the payload was acknowledged, and its ack came much later
  EXPECT_EQ(is_doubtful(210ms, before, after), true);
  after.busy = 1s + 210ms;  // a slow path
  EXPECT_EQ(is_doubtful(210ms, before, after), false);
}

TEST(DoubtfulAckTest, TakesARetransmissionTimerLongerThanUsualOnASteadyPath) {
  AckEvidence before{.busy = 1s, .expected_rtt = 100ms, .deviation = 10ms};
  const AckEvidence after{.busy = 1s + 400ms, .expected_rtt = {}, .deviation = {}};
  EXPECT_EQ(is_doubtful(310ms, before, after), true);
  EXPECT_EQ(is_doubtful(250ms, before, after), false);
  before.deviation = 60ms;
  EXPECT_EQ(is_doubtful(310ms, before, after), false);
}

TEST(DoubtfulAckTest, IsUnknownIfTheKernelDoesNotTell) {
  EXPECT_EQ(is_doubtful(210ms, {}, {}), std::nullopt);
  EXPECT_EQ(is_doubtful(100ms, {}, {}), false);
}

class KernelEvidenceTest : public LoopbackTest {
 protected:
  // A ping whose client takes `delay` to ack.
  Sample ping(Duration delay = 0s) {
    const std::array<std::byte, 100> payload{};
    std::array<std::byte, 1000> buffer{};
    const auto sent_at = std::chrono::steady_clock::now();
    EXPECT_EQ(server->send_all(payload), PingStatus::Ok);
    EXPECT_EQ(client->receive_some(buffer).bytes, payload.size());
    std::this_thread::sleep_for(delay);
    EXPECT_EQ(client->send_all(std::span(payload).first(1)), PingStatus::Ok);
    EXPECT_EQ(server->receive_ack(), PingStatus::Ok);
    Sample sample;
    sample.rtt = std::chrono::steady_clock::now() - sent_at;
    server->explain(sample, sent_at.time_since_epoch());
    return sample;
  }

  // False if this kernel provides no timestamps. It begins to stamp arrivals a little later than
  // asked.
  bool start_timestamps(TcpAckStamps tcp_acks = TcpAckStamps::Off) {
    static_cast<void>(ping());
    if (server->set_timestamps(TimestampSource::Software, tcp_acks) != TimestampSource::Software) {
      return false;
    }
    for (int i = 0; i < 1000 && !ping().evidence.kernel_rtt; ++i) {
    }
    return true;
  }
};

TEST_F(KernelEvidenceTest, CountsTheSegmentsOfEachPing) {
  static_cast<void>(ping());
  const Sample sample = ping();
  EXPECT_EQ(sample.evidence.segments, 1U);
  EXPECT_EQ(sample.evidence.retransmits, 0U);
  EXPECT_GT(sample.evidence.cwnd_segments.value_or(0), 0U);
  EXPECT_FALSE(sample.evidence.kernel_rtt);
}

TEST_F(KernelEvidenceTest, LeavesTheFirstPingUnexplainedRatherThanWrong) {
  EXPECT_EQ(ping().evidence.segments, std::nullopt);
}

TEST_F(KernelEvidenceTest, SplitsTheRttIntoPartsThatSumUp) {
  if (!start_timestamps()) {
    GTEST_SKIP() << "this kernel provides no timestamps";
  }
  int explained = 0;
  for (int i = 0; i < 1000; ++i) {
    const Sample sample = ping();
    if (!sample.evidence.kernel_rtt) {  // the kernel stops stamping for a moment when another
      continue;                         // program's last stamping socket is closed
    }
    ++explained;
    ASSERT_TRUE(sample.evidence.send_stack);
    const Duration receive_stack =
        sample.rtt - *sample.evidence.send_stack - *sample.evidence.kernel_rtt;
    ASSERT_GE(*sample.evidence.send_stack, 0ns);
    ASSERT_GE(*sample.evidence.kernel_rtt, 0ns);
    ASSERT_GE(receive_stack, 0ns);
  }
  EXPECT_GE(explained, 900);
}

TEST_F(KernelEvidenceTest, ChargesASlowPeerToWireAndPeer) {
  if (!start_timestamps()) {
    GTEST_SKIP() << "this kernel provides no timestamps";
  }
  const Sample sample = ping(5ms);
  ASSERT_TRUE(sample.evidence.kernel_rtt);
  EXPECT_GE(*sample.evidence.kernel_rtt, 5ms);
  EXPECT_LE(*sample.evidence.kernel_rtt, sample.rtt);
}

TEST_F(KernelEvidenceTest, TellsThePeersKernelFromItsProgram) {
  if (!start_timestamps(TcpAckStamps::On)) {
    GTEST_SKIP() << "this kernel gives no timestamps";
  }
  // The program takes longer than the kernel delays a TCP ACK.
  const Sample slow = ping(400ms);
  ASSERT_TRUE(slow.evidence.kernel_rtt);
  ASSERT_TRUE(slow.evidence.tcp_ack);
  EXPECT_GE(*slow.evidence.kernel_rtt, 400ms);
  EXPECT_LT(*slow.evidence.tcp_ack, 300ms);
}

TEST_F(KernelEvidenceTest, StampsTcpAcksOnlyIfAsked) {
  if (!start_timestamps()) {
    GTEST_SKIP() << "this kernel gives no timestamps";
  }
  const Sample sample = ping(5ms);
  ASSERT_TRUE(sample.evidence.kernel_rtt);
  EXPECT_FALSE(sample.evidence.tcp_ack);
}

TEST_F(KernelEvidenceTest, DoubtsAnAckLongAfterTheKernelAtTheOtherEndHadThePayload) {
  static_cast<void>(ping());
  EXPECT_EQ(ping().evidence.doubtful, 0U);
  EXPECT_EQ(ping(400ms).evidence.doubtful, 1U);
}

TEST_F(KernelEvidenceTest, SpinsUntilTheAckOrTheLimit) {
  server->set_wait(Wait::Spin);
  EXPECT_EQ(ping().status, PingStatus::Ok);
  server->set_io_timeout(20ms);
  EXPECT_EQ(server->receive_ack(), PingStatus::Timeout);
}

TEST_F(KernelEvidenceTest, LeavesBusyPollingAsItIsIfNoneIsAskedFor) {
  if (server->set_busy_poll(50us) < 50us) {
    GTEST_SKIP() << "busy polling is not permitted here";
  }
  EXPECT_EQ(server->set_busy_poll(0us), 50us);
}

TEST(InterfaceInfoTest, FindsTheInterfaceOfAnAddress) {
  const InterfaceInfo loopback = describe_interface(resolve("127.0.0.1", 1, IpVersion::V4).front());
  EXPECT_EQ(loopback.name, "lo");
  EXPECT_FALSE(loopback.can_stamp);
  EXPECT_EQ(describe_interface(resolve("192.0.2.1", 1, IpVersion::V4).front()).name, "");
}

}  // namespace
}  // namespace tcpstep
