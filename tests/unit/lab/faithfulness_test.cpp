#include "lab/faithfulness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tcpstep {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

struct Disturbance {
  Duration delivery{0};  // of the second segment
  Duration far_host{0};
  Duration near_host{0};
  bool is_tcp_ack_saved = false;
  bool is_ack_repeated = false;
};

// Pings of two segments and their acks over a link of 5 ms each way; what is done to one of them
// shows in its packets and in its RTT.
class Sweep {
 public:
  void ping(std::uint32_t size, Duration rtt, const Disturbance& disturbance = {}) {
    add(Direction::Down, size - 1, 1, now_);
    add(Direction::Down, 1, size, now_, disturbance.delivery);
    const Duration there = records_.back().out;
    if (!disturbance.is_tcp_ack_saved) {
      add(Direction::Up, 0, 1, there);
    }
    ++acks_;
    add(Direction::Up, 1, acks_, there + disturbance.far_host);
    if (disturbance.is_ack_repeated) {
      add(Direction::Up, 1, acks_, there + disturbance.far_host);
    }
    now_ = records_.back().out + disturbance.near_host;
    rows_.push_back({.round = 1, .size = PayloadSize(size), .rtt = rtt});
  }

  // The two ends negotiate a run in frames of several bytes.
  void negotiate() {
    add(Direction::Down, 150, 1, now_);
    add(Direction::Up, 400, 1, now_ + 5ms);
    now_ += 20ms;
  }

  [[nodiscard]] std::vector<std::uint32_t> doubtful() const {
    std::vector<std::uint32_t> sizes;
    for (const PayloadSize size : doubtful_sizes(rows_, packet_pings(records_), undisturbed_)) {
      sizes.push_back(size.bytes());
    }
    return sizes;
  }

  std::vector<Row> rows_;
  Undisturbed undisturbed_{.limit = 100us, .hosts = 30us};

 private:
  void add(Direction direction, std::uint32_t bytes, std::uint32_t sequence, Duration in,
           Duration late = 0us) {
    records_.push_back({.direction = direction,
                        .payload_bytes = bytes,
                        .sequence = sequence,
                        .in = in,
                        .due = in + 5ms,
                        .out = in + 5ms + late});
  }

  std::vector<PacketRecord> records_;
  std::uint32_t acks_ = 0;
  Duration now_{1s};
};

TEST(FaithfulnessTest, TrustsWhatNothingDisturbed) {
  Sweep sweep;
  sweep.ping(2000, 10020us);
  sweep.ping(2500, 10020us, {.is_ack_repeated = true});
  EXPECT_THAT(sweep.doubtful(), IsEmpty());
}

TEST(FaithfulnessTest, DoesNotMistakeAFrameForAPing) {
  Sweep sweep;
  sweep.undisturbed_.is_pause_short = true;
  sweep.negotiate();
  sweep.ping(2000, 10020us);
  sweep.negotiate();
  sweep.ping(2500, 10020us);
  EXPECT_THAT(sweep.doubtful(), ElementsAre(2500)) << "the near host paused before it";
  sweep.undisturbed_.is_pause_short = false;
  EXPECT_THAT(sweep.doubtful(), IsEmpty());
}

TEST(FaithfulnessTest, DistrustsAMinimumRttOfADisturbedPing) {
  Sweep sweep;
  sweep.ping(2000, 10020us);
  sweep.ping(2100, 10220us, {.delivery = 200us});
  sweep.ping(2200, 10220us, {.far_host = 200us});
  sweep.ping(2300, 10220us, {.near_host = 200us});
  EXPECT_THAT(sweep.doubtful(), ElementsAre(2100, 2200, 2300));
}

TEST(FaithfulnessTest, DistrustsAPingAfterALatePingWhereThatMovesItOnAGrid) {
  Sweep sweep;
  sweep.ping(2000, 10220us, {.near_host = 180us});
  sweep.ping(2100, 9000us);
  EXPECT_THAT(sweep.doubtful(), ElementsAre(2000));
  sweep.undisturbed_.is_pause_short = true;
  EXPECT_THAT(sweep.doubtful(), ElementsAre(2000, 2100));
}

TEST(FaithfulnessTest, NeedsOneUndisturbedPingAboutAsFast) {
  Sweep sweep;
  sweep.ping(2000, 10010us, {.delivery = 200us});
  sweep.ping(2000, 10020us);
  sweep.ping(2100, 10010us, {.delivery = 200us});
  sweep.ping(2100, 10500us);
  EXPECT_THAT(sweep.doubtful(), ElementsAre(2100));
}

TEST(FaithfulnessTest, DistrustsAMinimumRttThatSavedATcpAck) {
  Sweep sweep;
  sweep.ping(2000, 9000us, {.is_tcp_ack_saved = true});
  sweep.ping(2000, 10020us);
  EXPECT_THAT(sweep.doubtful(), ElementsAre(2000));
  sweep.undisturbed_.is_ack_usual = false;
  EXPECT_THAT(sweep.doubtful(), IsEmpty());
}

TEST(FaithfulnessTest, DistrustsEverythingIfPacketsAndRowsDiffer) {
  Sweep sweep;
  sweep.ping(2000, 10020us);
  sweep.rows_.push_back({.round = 1, .size = PayloadSize(2000), .rtt = 10020us});
  EXPECT_THAT(sweep.doubtful(), ElementsAre(2000));
}

TEST(FaithfulnessTest, AdvisesVirtualTimeOnlyInRealTime) {
  const Faithfulness real{.base = 1ms, .p99 = 1ms, .is_virtual = false, .is_faithful = false};
  const Faithfulness in_machine{.base = 1ms, .p99 = 1ms, .is_virtual = true, .is_faithful = false};
  EXPECT_THAT(real.text(), testing::HasSubstr("use --virtual"));
  EXPECT_THAT(in_machine.text(), testing::Not(testing::HasSubstr("use --virtual")));
  EXPECT_THAT(in_machine.text(), testing::Not(testing::HasSubstr("more rounds")));
}

}  // namespace
}  // namespace tcpstep
