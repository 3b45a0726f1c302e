#include "mesh/tournament.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace tcpstep {
namespace {

TEST(Tournament, MeasuresEveryPairOnceAndNoHostTwiceAtATime) {
  for (std::size_t hosts = 2; hosts <= 200; ++hosts) {
    const auto rounds = tournament(hosts, hosts * 7919);
    EXPECT_EQ(rounds.size(), hosts % 2 == 0 ? hosts - 1 : hosts);
    std::set<std::pair<std::size_t, std::size_t>> pairs;
    for (const MeshRound& round : rounds) {
      EXPECT_EQ(round.size(), hosts / 2) << hosts;
      std::set<std::size_t> busy;
      for (const Pairing& pair : round) {
        EXPECT_LT(std::max(pair.first, pair.second), hosts);
        EXPECT_TRUE(busy.insert(pair.first).second) << hosts;
        EXPECT_TRUE(busy.insert(pair.second).second) << hosts;
        EXPECT_TRUE(pairs.insert(std::minmax(pair.first, pair.second)).second) << hosts;
      }
    }
    EXPECT_EQ(pairs.size(), hosts * (hosts - 1) / 2) << hosts;
  }
}

TEST(Tournament, IsDrawnFromItsSeed) {
  EXPECT_EQ(tournament(9, 1), tournament(9, 1));
  std::set<std::size_t> partners;
  std::set<bool> orders;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const auto rounds = tournament(9, seed);
    for (const Pairing& pair : rounds.front()) {
      if (pair.first == 0 || pair.second == 0) {
        partners.insert(pair.first + pair.second);
        orders.insert(pair.first == 0);
      }
    }
  }
  EXPECT_EQ(partners.size(), 8U) << "who begins is not always the same";
  EXPECT_EQ(orders.size(), 2U);
}

TEST(Tournament, OfFewerThanTwoHostsIsEmpty) {
  EXPECT_TRUE(tournament(0, 1).empty());
  for (const MeshRound& round : tournament(1, 1)) {
    EXPECT_TRUE(round.empty());
  }
}

}  // namespace
}  // namespace tcpstep
