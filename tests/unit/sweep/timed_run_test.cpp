// What a run with a time (--time) needs: its sizes, its rounds, what is shown meanwhile.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/sweep/path_speed.h"
#include "lib/sweep/running_minima.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

SweepSpec timed(Duration time) {
  return {.rounds = 1000, .time = time};
}

std::string sizes(Duration rtt, Duration time = 10s) {
  const auto fewer = fewer_sizes(timed(time), time, {.shortest_rtt = rtt, .mss = Mss(1448)});
  return fewer ? fewer->text : "the server's";
}

TEST(FewerSizesTest, AreAsManyAsTwentyRoundsLeaveTimeFor) {
  EXPECT_EQ(sizes(100us), "the server's");
  EXPECT_EQ(sizes(3ms), "the server's");
  EXPECT_EQ(sizes(10ms), "boundaries");
  EXPECT_EQ(sizes(21ms), "1,1448,2172,3620,5068,6516,7964,9295");
  EXPECT_EQ(sizes(99ms), "1,1448,2172,5068");
  EXPECT_EQ(sizes(99ms, 10min), "the server's");
  const auto fewer = fewer_sizes({.rounds = 5, .time = 10s}, 10s, {.shortest_rtt = 10ms});
  EXPECT_FALSE(fewer) << "no more than five rounds were asked for";
}

TEST(FewerSizesTest, FollowTheMss) {
  const auto sizes_of = [](std::uint32_t mss) {
    return fewer_sizes(timed(10s), 10s, {.shortest_rtt = 1s, .mss = Mss(mss)})->text;
  };
  EXPECT_EQ(sizes_of(536), "1,536,804,1876");
  EXPECT_EQ(sizes_of(8948), "1,8948,9425");
  EXPECT_EQ(sizes_of(32768), "1,9901");
}

TEST(FewerSizesTest, AreTheServersIfNothingIsKnownOfThePath) {
  EXPECT_FALSE(fewer_sizes(timed(10s), 10s, {.shortest_rtt = std::nullopt, .mss = Mss(1448)}));
}

TEST(ExpectedDurationTest, OfARunWithATimeIsThatTimeUnlessItsRoundsTakeLonger) {
  const PathSpeed path{.shortest_rtt = 10ms, .mss = Mss(1448)};
  EXPECT_EQ(expected_duration(timed(60s), path), 60s);
  EXPECT_EQ(expected_duration(timed(1s), path), 6 * 100 * 15ms);
  EXPECT_EQ(expected_duration({.rounds = 20}, path), 21 * 100 * 15ms);
  EXPECT_FALSE(expected_duration({.rounds = 20}, {}));
}

TEST(SweepWithATimeTest, EndsWithTheRoundInWhichTheTimeIsUp) {
  const SweepSpec sweep = timed(10s);
  EXPECT_FALSE(sweep.is_over(5, 20s)) << "five rounds after the warm-up are the fewest";
  EXPECT_TRUE(sweep.is_over(6, 20s));
  EXPECT_FALSE(sweep.is_over(10, 9999ms));
  EXPECT_TRUE(sweep.is_over(10, 10s));
  EXPECT_FALSE(sweep.is_enough(5));
  EXPECT_TRUE(sweep.is_enough(6));
  EXPECT_FALSE(SweepSpec{}.is_enough(21));
  EXPECT_FALSE(SweepSpec{}.is_over(10, 1h)) << "it has no time";
  EXPECT_EQ(sweep.fewest_rounds(), 5U);
  EXPECT_EQ((SweepSpec{.rounds = 3, .time = 10s}.fewest_rounds()), 3U);
}

TEST(SweepWithATimeTest, ExpectsItsRoundsFromThePace) {
  EXPECT_EQ(timed(10s).expected_rounds(4, 2s), 20U);
  EXPECT_EQ(timed(10s).expected_rounds(4, 3s), 14U) << "the last one begins before the time is up";
  EXPECT_EQ(timed(10s).expected_rounds(1, 8s), 6U);
  EXPECT_EQ(timed(10s).expected_rounds(1, 1ms), 1001U);
  EXPECT_EQ(SweepSpec{}.expected_rounds(4, 2s), 21U);
}

Sample sample(std::uint32_t bytes, Duration rtt, std::uint32_t round = 1) {
  return {.round = round, .size = PayloadSize(bytes), .rtt = rtt};
}

TEST(RunningMinimaTest, ShowTheSmallestSizeAndWhatASecondPacketAdds) {
  const std::vector<PayloadSize> sizes{PayloadSize(1), PayloadSize(1401), PayloadSize(1501),
                                       PayloadSize(2801), PayloadSize(2901)};
  RunningMinima minima(sizes);
  const std::vector<Sample> warm_up{sample(1, 1us, 0)};
  minima.add(warm_up);
  EXPECT_EQ(minima.text(Mss(1448)), "");
  std::vector<Sample> round{sample(1, 21ms), sample(1501, 23ms), sample(2801, 26ms),
                            sample(2901, 1us)};
  round.push_back(sample(1, 20ms));
  round.back().evidence.retransmits = 1;
  minima.add(round);
  EXPECT_EQ(minima.text(Mss(1448)), "1 B 21.00 ms  2nd +17 %");
  EXPECT_EQ(minima.text(Mss(9000)), "1 B 21.00 ms");
  EXPECT_EQ(minima.text(Mss(9000), "~"), "1 B ~21.00 ms");
  const std::vector<Sample> faster{sample(1, 20ms), sample(2801, 25ms)};
  minima.add(faster);
  EXPECT_EQ(minima.text(Mss(1448)), "1 B 20.00 ms  2nd +20 %");
}

}  // namespace
}  // namespace tcpstep
