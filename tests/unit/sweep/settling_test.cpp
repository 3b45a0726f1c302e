#include "lib/sweep/settling.h"

#include <gtest/gtest.h>

#include <array>

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

constexpr std::array kSizes{PayloadSize(2), PayloadSize(1000), PayloadSize(1001),
                            PayloadSize(2000)};
using Minima = std::array<Duration, 4>;

// After how many calls it is settled, if the fastest pings are those of each round, and then stay.
int calls_until_settled(const std::vector<Minima>& rounds) {
  Settling settling(kSizes, Mss(1000));
  for (int calls = 1; calls < 100; ++calls) {
    const std::size_t last = rounds.size() - 1;
    if (settling.add(rounds[std::min(static_cast<std::size_t>(calls) - 1, last)])) {
      return calls;
    }
  }
  return 100;
}

TEST(SettlingTest, TakesFiveRoundsThatChangeNothing) {
  EXPECT_EQ(calls_until_settled({{10ms, 10ms, 13ms, 13ms}}), 6);
}

TEST(SettlingTest, StartsAgainWhenAnyClassOrTheReferenceMoves) {
  EXPECT_EQ(calls_until_settled(
                {{10ms, 10ms, 13ms, 13ms}, {10ms, 10ms, 13ms, 13ms}, {10ms, 10ms, 13ms, 12ms}}),
            8);
  EXPECT_EQ(calls_until_settled({{10ms, 10ms, 13ms, 13ms}, {9ms, 10ms, 13ms, 13ms}}), 7);
}

TEST(SettlingTest, IgnoresWhatDoesNotShowInATable) {
  EXPECT_EQ(
      calls_until_settled(
          {{10ms, 10ms, 13ms, 13ms}, {10ms, 10ms, 13ms, 12990us}, {10ms, 9990us, 13ms, 12990us}}),
      6);
}

TEST(SettlingTest, NoticesASlowDrift) {
  Settling settling(kSizes, Mss(1000));
  Duration second = 13ms;
  for (int round = 0; round < 50; ++round) {
    EXPECT_FALSE(settling.add(Minima{10ms, 10ms, second, second})) << round;
    second -= 20us;  // below the tolerance in one round, above it in two
  }
}

TEST(SettlingTest, WaitsForEverySize) {
  Settling settling(kSizes, Mss(1000));
  for (int round = 0; round < 10; ++round) {
    EXPECT_FALSE(settling.add(Minima{10ms, 10ms, 13ms, Duration::max()}));
  }
}

}  // namespace
}  // namespace tcpstep
