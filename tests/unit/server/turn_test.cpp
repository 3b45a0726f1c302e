#include <gtest/gtest.h>

#include "server/run_queue.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

const SweepSpec kDefault;

SweepSpec sweep_of(std::string_view sizes, std::uint32_t rounds, Duration interval = 0ns) {
  SweepSpec sweep;
  sweep.sizes = parse_sizes(sizes);
  sweep.rounds = rounds;
  sweep.warmup_rounds = 0;
  sweep.interval = interval;
  return sweep;
}

PathSpeed path_of(Duration rtt) {
  return {.shortest_rtt = rtt};
}

TEST(TurnTest, GivesADefaultRunSeveralTimesWhatItNeeds) {
  // 2121 pings, the tail of the payloads in more than one flight.
  EXPECT_GT(turn_of(kDefault, kDefault, path_of(50us)), 10s);
  EXPECT_LT(turn_of(kDefault, kDefault, path_of(50us)), 60s);
  EXPECT_GT(turn_of(kDefault, kDefault, path_of(20ms)), 4 * 2121 * 20ms);
  EXPECT_EQ(turn_of(kDefault, kDefault, path_of(300ms)), kLongestTurn);
  EXPECT_GT(kLongestTurn, 32min);  // over EDGE
}

TEST(TurnTest, GivesALargerRunNoMoreThanTheServersOwn) {
  EXPECT_EQ(turn_of(sweep_of("1:9901:100", 1000), kDefault, path_of(1ms)),
            turn_of(kDefault, kDefault, path_of(1ms)));
}

TEST(TurnTest, GivesIdleTimeOnlyIfTheServersOwnSweepHasIt) {
  EXPECT_LT(turn_of(sweep_of("1", 1, 60min), kDefault, path_of(1ms)), 11s);
  EXPECT_GT(turn_of(sweep_of("1", 100, 1s), sweep_of("1", 100, 1s), path_of(1ms)), 100s);
}

TEST(TurnTest, GivesFreshConnectionsTimeForTheirHandshakes) {
  SweepSpec fresh = kDefault;
  fresh.connection = ConnectionMode::Fresh;
  EXPECT_GT(turn_of(fresh, kDefault, path_of(1ms)),
            turn_of(kDefault, kDefault, path_of(1ms)) + 2000 * 20ms);
}

TEST(TurnTest, GivesAPathWithoutAKnownRttTheLongest) {
  EXPECT_EQ(turn_of(kDefault, kDefault, {}), kLongestTurn);
}

}  // namespace
}  // namespace tcpstep
