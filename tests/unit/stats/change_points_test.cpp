#include "lib/stats/change_points.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/random/normal_distribution.hpp>
#include <cmath>
#include <random>

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
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    auto columns = noise(seed, 60);
    shift(columns[1], 40, 0.1);
    const ChangeSearch search = find(columns);
    ASSERT_THAT(search.changes, SizeIs(1)) << seed;
    const ChangePoint& change = search.changes[0];
    EXPECT_NEAR(static_cast<double>(change.first), 40, 2);
    EXPECT_LE(change.columns[1].p, kAlpha);
    EXPECT_GT(change.columns[0].p, kAlpha) << "nothing happened there";
    EXPECT_NEAR(change.columns[1].shift, 0.1, 0.02);
    EXPECT_LT(change.columns[1].low, change.columns[1].shift);
    EXPECT_GT(change.columns[1].high, change.columns[1].shift);
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

// 1 % of 30 are expected; 4 or more have a probability of 0.03 %.
TEST(ChangePointsTest, SeldomFindWhatIsNotThere) {
  for (const double correlation : {0.0, 0.7}) {
    int alarms = 0;
    for (std::uint64_t seed = 0; seed < 30; ++seed) {
      alarms += find(noise(seed, 40, correlation)).changes.empty() ? 0 : 1;
    }
    EXPECT_LE(alarms, 3) << correlation;
  }
}

TEST(ChangePointsTest, LeaveLoneOutliersAlone) {
  auto columns = noise(2, 60);
  for (const std::size_t row : {7U, 23U, 41U, 55U}) {
    columns[0][row] += 1;
  }
  EXPECT_THAT(find(columns).changes, IsEmpty());
}

TEST(ChangePointsTest, NeedTwelveRowsAndFourOfEachSegment) {
  auto columns = noise(3, 11);
  shift(columns[0], 6, 1);
  EXPECT_THAT(find(columns).changes, IsEmpty());
  EXPECT_THAT(find(columns).visible, IsEmpty());
  columns = noise(3, 30);
  shift(columns[0], 29, 1);
  EXPECT_THAT(find(columns).changes, IsEmpty()) << "one row may be an outlier";
  shift(columns[0], 26, 1);
  EXPECT_THAT(find(columns).changes, SizeIs(1));
}

TEST(ChangePointsTest, SayWhatTheyWouldSee) {
  auto columns = noise(4, 60);
  const ChangeSearch quiet = find(columns);
  ASSERT_THAT(quiet.visible, SizeIs(2));
  EXPECT_GE(quiet.visible[0], std::log1p(0.02));
  int seen = 0;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    auto raised = noise(100 + seed, 60);
    const double visible = find(raised).visible.at(0);
    shift(raised[0], 56, 1.5 * visible);
    seen += find(raised).changes.empty() ? 0 : 1;
  }
  EXPECT_GE(seen, 8);
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
