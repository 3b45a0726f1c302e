#include "lib/stats/change_points.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/random/normal_distribution.hpp>
#include <cmath>
#include <random>

#include "lib/stats/creep.h"

namespace tcpstep {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

constexpr double kAlpha = 0.01;

// Columns that share noise of a deviation of 1 % with this correlation between neighbours.
std::vector<ContrastColumn> noise(std::uint64_t seed, std::size_t rows, double correlation = 0) {
  std::mt19937_64 random(seed);
  boost::random::normal_distribution<double> normal;
  std::vector<ContrastColumn> columns(2);
  double level = normal(random);
  for (std::size_t row = 0; row < rows; ++row) {
    level = correlation * level + std::sqrt(1 - correlation * correlation) * normal(random);
    for (ContrastColumn& column : columns) {
      column.push_back(0.01 * level + 0.002 * normal(random));
    }
  }
  return columns;
}

ChangeSearch find(const std::vector<ContrastColumn>& columns) {
  return find_changes(columns, std::vector<double>(columns.size(), std::log1p(0.02)), kAlpha);
}

void shift(ContrastColumn& column, std::size_t first, double by) {
  for (std::size_t row = first; row < column.size(); ++row) {
    column[row] += by;
  }
}

TEST(ChangePointsTest, FindAShiftWithItsPlaceDirectionAndSize) {
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    auto columns = noise(seed, 40);
    shift(columns[1], 26, 0.1);
    const ChangeSearch search = find(columns);
    ASSERT_THAT(search.changes, SizeIs(1)) << seed;
    const ChangePoint& change = search.changes[0];
    EXPECT_NEAR(static_cast<double>(change.first), 26, 2);
    EXPECT_LE(change.columns[1].p, kAlpha);
    EXPECT_GT(change.columns[0].p, kAlpha) << "nothing happened there";
    EXPECT_NEAR(change.columns[1].shift, 0.1, 0.02);
    EXPECT_LT(change.columns[1].low, change.columns[1].shift);
    EXPECT_GT(change.columns[1].high, change.columns[1].shift);
  }
}

TEST(ChangePointsTest, AreTheSameWithAnyNumberOfThreads) {
  for (std::uint64_t seed = 0; seed < 2; ++seed) {
    auto columns = noise(seed, 40, 0.5);
    shift(columns[1], 20, seed % 2 == 0 ? 0.02 : 0);
    const std::vector<double> least(columns.size(), std::log1p(0.02));
    const ChangeSearch one = find_changes(columns, least, kAlpha);
    const Creep creep = find_creep(columns, kAlpha);
    for (const unsigned threads : {2U, 3U}) {
      const ChangeSearch many = find_changes(columns, least, kAlpha, threads);
      EXPECT_EQ(many.visible, one.visible) << seed;
      ASSERT_EQ(many.changes.size(), one.changes.size()) << seed;
      for (std::size_t i = 0; i < one.changes.size(); ++i) {
        EXPECT_EQ(many.changes[i].first, one.changes[i].first);
        EXPECT_EQ(many.changes[i].columns[1].p, one.changes[i].columns[1].p);
      }
      EXPECT_EQ(find_creep(columns, kAlpha, threads).p, creep.p) << seed;
    }
  }
}

TEST(ChangePointsTest, FindFallsAndReturns) {
  auto columns = noise(1, 90);
  shift(columns[0], 30, -0.08);
  shift(columns[0], 60, 0.08);
  const ChangeSearch search = find(columns);
  ASSERT_THAT(search.changes, SizeIs(2));
  EXPECT_LT(search.changes[0].columns[0].high, 0);
  EXPECT_GT(search.changes[1].columns[0].low, 0);
}

// 1 % of 20 are expected; 4 or more have a probability of 0.004 %.
TEST(ChangePointsTest, SeldomFindWhatIsNotThere) {
  for (const double correlation : {0.0, 0.7}) {
    int alarms = 0;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      alarms += find(noise(seed, 30, correlation)).changes.empty() ? 0 : 1;
    }
    EXPECT_LE(alarms, 3) << correlation;
  }
}

TEST(ChangePointsTest, LeaveLoneOutliersAlone) {
  auto columns = noise(2, 40);
  for (const std::size_t row : {7U, 20U, 28U, 37U}) {
    columns[0][row] += 1;
  }
  EXPECT_THAT(find(columns).changes, IsEmpty());
}

void shift_for_a_while(ContrastColumn& column, std::size_t first, std::size_t end, double by) {
  shift(column, first, by);
  shift(column, end, -by);
}

TEST(ChangePointsTest, LeaveModesAlone) {
  auto columns = noise(5, 40);
  shift_for_a_while(columns[0], 15, 24, 0.25);
  EXPECT_THAT(find(columns).changes, IsEmpty()) << "it passed";
  columns = noise(5, 40);
  shift(columns[0], 33, 0.25);
  EXPECT_THAT(find(columns).changes, SizeIs(1)) << "no such level before";
  shift_for_a_while(columns[0], 9, 11, 0.25);
  EXPECT_THAT(find(columns).changes, IsEmpty()) << "that mode came before";
}

TEST(ChangePointsTest, FindAModeThatLasts) {
  auto columns = noise(6, 50);
  shift_for_a_while(columns[0], 9, 11, 0.25);
  shift(columns[0], 25, 0.25);
  EXPECT_THAT(find(columns).changes, SizeIs(1));
}

TEST(ChangePointsTest, FindAnotherLevelThanThatOfTheMode) {
  auto columns = noise(7, 40);
  shift_for_a_while(columns[0], 9, 11, 0.25);
  shift(columns[0], 28, 0.1);
  EXPECT_THAT(find(columns).changes, SizeIs(1));
}

TEST(ChangePointsTest, NeedTwelveRowsAndFiveOfEachSegment) {
  auto columns = noise(3, 11);
  shift(columns[0], 6, 1);
  EXPECT_THAT(find(columns).changes, IsEmpty());
  EXPECT_THAT(find(columns).visible, IsEmpty());
  columns = noise(3, 24);
  shift(columns[0], 23, 1);
  EXPECT_THAT(find(columns).changes, IsEmpty()) << "one row may be an outlier";
  shift(columns[0], 19, 1);
  EXPECT_THAT(find(columns).changes, SizeIs(1));
}

TEST(ChangePointsTest, SayWhatTheyWouldSee) {
  const ChangeSearch quiet = find(noise(4, 30));
  ASSERT_THAT(quiet.visible, SizeIs(2));
  EXPECT_GE(quiet.visible[0], std::log1p(0.02));
  int seen = 0;
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    auto raised = noise(100 + seed, 30);
    const double visible = find(raised).visible.at(0);
    shift(raised[0], 25, 1.5 * visible);
    seen += find(raised).changes.empty() ? 0 : 1;
  }
  EXPECT_GE(seen, 3);
}

TEST(ChangePointsTest, OfAConstantAreExact) {
  std::vector<ContrastColumn> columns(1, ContrastColumn(24, 3.0));
  EXPECT_THAT(find(columns).changes, IsEmpty());
  shift(columns[0], 12, 0.03);
  const ChangeSearch search = find(columns);
  ASSERT_THAT(search.changes, SizeIs(1));
  EXPECT_EQ(search.changes[0].first, 12U);
  EXPECT_NEAR(search.changes[0].columns[0].shift, 0.03, 1e-9);
}

}  // namespace
}  // namespace tcpstep
