#include "lib/stats/median_polish.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tcpstep {
namespace {

using Cells = std::vector<std::optional<double>>;

TEST(MedianPolish, TakesAnAdditiveTableApart) {
  // 100 + row (0, 10, 20) + column (-5, 0, 5).
  const Cells cells{95, 100, 105, 105, 110, 115, 115, 120, 125};
  const MedianPolish fit = median_polish(cells, 3, 3);
  EXPECT_DOUBLE_EQ(fit.overall, 110);
  EXPECT_THAT(fit.rows, testing::ElementsAre(-10, 0, 10));
  EXPECT_THAT(fit.columns, testing::ElementsAre(-5, 0, 5));
  EXPECT_THAT(fit.residuals, testing::Each(std::optional<double>(0)));
}

TEST(MedianPolish, LeavesAWildCellToItself) {
  Cells cells(25, 10);
  cells[7] = 1000;
  const MedianPolish fit = median_polish(cells, 5, 5);
  EXPECT_DOUBLE_EQ(fit.overall, 10);
  EXPECT_DOUBLE_EQ(*fit.residuals[7], 990);
  EXPECT_DOUBLE_EQ(fit.rows[1], 0);
  EXPECT_DOUBLE_EQ(fit.columns[2], 0);
}

TEST(MedianPolish, TellsASlowHostOfAMesh) {
  Cells cells(25);
  for (std::size_t from = 0; from < 5; ++from) {
    for (std::size_t to = 0; to < 5; ++to) {
      if (from != to) {
        cells[from * 5 + to] = from == 3 || to == 3 ? 15 : 10;
      }
    }
  }
  const MedianPolish fit = median_polish(cells, 5, 5);
  EXPECT_DOUBLE_EQ(fit.rows[3], 5);
  EXPECT_DOUBLE_EQ(fit.columns[3], 5);
  for (std::size_t i = 0; i < 25; ++i) {
    EXPECT_EQ(fit.residuals[i].has_value(), cells[i].has_value());
    EXPECT_NEAR(fit.residuals[i].value_or(0), 0, 1e-9);
  }
}

TEST(MedianPolish, OfNothingIsNothing) {
  EXPECT_TRUE(median_polish({}, 0, 0).residuals.empty());
  const MedianPolish fit = median_polish(Cells(4), 2, 2);
  EXPECT_EQ(fit.overall, 0);
  EXPECT_THAT(fit.residuals, testing::Each(std::optional<double>()));
}

}  // namespace
}  // namespace tcpstep
