#include "lib/stats/max_t.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "lib/stats/estimators.h"

namespace tcpstep {
namespace {

std::vector<Side> order_of(std::string_view letters) {
  std::vector<Side> order;
  for (const char letter : letters) {
    order.push_back(letter == 'A' ? Side::Baseline : Side::Candidate);
  }
  return order;
}

// Blocks of four.
std::vector<std::size_t> blocks_of(const std::vector<Side>& order) {
  std::vector<std::size_t> blocks;
  for (std::size_t run = 0; run < order.size(); ++run) {
    blocks.push_back(run / 4);
  }
  return blocks;
}

Design design_of(std::string_view letters, NullLaw law) {
  const auto order = order_of(letters);
  return {.order = order, .blocks = blocks_of(order), .law = law};
}

MaxT test_of(std::string_view letters, NullLaw law) {
  return {design_of(letters, law), 4999};
}

TEST(BalanceTest, DistinguishesInterleavedOrdersFromSequentialOnes) {
  const auto balance = [](std::string_view letters) {
    Design design = design_of(letters, NullLaw::Rotated);
    design.blocks.assign(letters.size(), 0);
    design.trend = 3;
    return balance_of(design);
  };
  for (const char* letters :
       {"ABBAABBAABBAABBAABBA", "AABBAABBAABBAABBAABB", "ABABABABABABABABABAB"}) {
    EXPECT_GT(balance(letters).kept, 0.85) << letters;
    EXPECT_LT(balance(letters).noise, 1) << letters;
  }
  EXPECT_NEAR(balance("AAAAAAAAAABBBBBBBBBB").kept, 0.14, 0.01);
  EXPECT_NEAR(balance("AAAABBBBAAAABBBBAAAABBBB").noise, 2, 1);
}

TEST(DesignTest, CountsTheLabelings) {
  EXPECT_EQ(design_of("ABBABAAB", NullLaw::Shuffled).labelings(), 36);

  EXPECT_EQ(design_of("ABBAAB", NullLaw::Shuffled).labelings(), 12);
}

TEST(InterleavingTest, EstimatesAShiftInsideBlocksOnly) {
  const std::vector<double> values{0, 3, 3, 0, 100, 103, 103, 100};
  EXPECT_EQ(hodges_lehmann(values, design_of("ABBAABBA", NullLaw::Shuffled)), 3);
}

// With one column and one block t is that of two samples, for which the tables of Student hold.
TEST(MaxTTest, IsStudentsTestOfTwoSamples) {
  Design design = design_of("AAAABBBB", NullLaw::Rotated);
  design.blocks.assign(8, 0);
  const MaxT test(design, 4999);
  const std::vector<ContrastColumn> columns{{1, 2, 3, 4, 4, 5, 6, 7}};
  const FamilyTest result = test.test(columns, {});
  const double pooled = std::sqrt(5.0 / 3.0);
  EXPECT_NEAR(result.contrasts[0].t, 3 / (pooled * std::sqrt(0.5)), 1e-9);
  EXPECT_NEAR(result.contrasts[0].shift, 3, 1e-12);
  EXPECT_EQ(design.degrees(), 6);
  // P(t6 >= 3.286) = 0.0084, one-sided
  EXPECT_NEAR(result.contrasts[0].p_slower, 0.0084, 0.004);
  EXPECT_GT(result.contrasts[0].p_faster, 0.98);
  const auto [low, high] = test.interval(columns[0], student_t_quantile(0.975, 6), 0);
  EXPECT_NEAR(low, 3 - 2.446912 * pooled * std::sqrt(0.5), 1e-4);
  EXPECT_NEAR(high, 3 + 2.446912 * pooled * std::sqrt(0.5), 1e-4);
}

TEST(MaxTTest, DoesNotSeeWhatAllRunsOfABlockShare) {
  const MaxT test = test_of("ABBABAAB", NullLaw::Rotated);
  const std::vector<ContrastColumn> plain{{0, 1, 1.5, 0.5, 1.2, 0.1, 0, 1}};
  std::vector<ContrastColumn> drifted = plain;
  for (std::size_t run = 4; run < 8; ++run) {
    drifted[0][run] += 1000;
  }
  EXPECT_NEAR(test.test(plain, {}).contrasts[0].t, test.test(drifted, {}).contrasts[0].t, 1e-6);
}

// The share of A/A comparisons in which any of many columns has p <= 0.05, with noise that is far
// from normal and the same for all columns of a run.
TEST(MaxTTest, KeepsItsLevelOverAllColumns) {
  std::mt19937_64 random(5);
  std::exponential_distribution<double> heavy(1);
  std::normal_distribution<double> normal(0, 0.3);
  const auto order = order_of("ABBABAABABABBBAAABAB");
  const MaxT test({.order = order, .blocks = blocks_of(order)}, 999);
  int alarms = 0;
  for (int comparison = 0; comparison < 400; ++comparison) {
    std::vector<ContrastColumn> columns(8, ContrastColumn(order.size()));
    for (std::size_t run = 0; run < order.size(); ++run) {
      const double of_run = std::pow(heavy(random), 3);
      for (ContrastColumn& column : columns) {
        column[run] = of_run + normal(random);
      }
    }
    bool is_alarm = false;
    for (const ContrastTest& contrast : test.test(ranked(columns), {}).contrasts) {
      is_alarm = is_alarm || contrast.p_slower <= 0.05;
    }
    alarms += is_alarm ? 1 : 0;
  }
  EXPECT_GE(alarms, 5);  // 20 are expected, the standard deviation is 4.4
  EXPECT_LE(alarms, 38);
}

TEST(MaxTTest, FindsNothingInColumnsWithoutVariance) {
  const MaxT test = test_of("ABBABAABABBABAABABAB", NullLaw::Shuffled);
  const std::vector<ContrastColumn> columns(3, ContrastColumn(20, 5.0));
  for (const ContrastTest& contrast : test.test(columns, {}).contrasts) {
    EXPECT_EQ(contrast.p_slower, 1);
    EXPECT_EQ(contrast.p_faster, 1);
  }
}

TEST(MaxTTest, FindsAShiftWithoutVariance) {
  const auto order = order_of("ABBABAABABBABAABABAB");
  ContrastColumn column;
  for (const Side side : order) {
    column.push_back(side == Side::Candidate ? 1.05 : 1);
  }
  const FamilyTest result =
      MaxT({.order = order, .blocks = blocks_of(order)}, 4999).test(std::span(&column, 1), {});
  EXPECT_LE(result.contrasts[0].p_slower, 0.001);
}

TEST(MaxTTest, GoesThroughEveryLabelingIfTheseAreFew) {
  const MaxT test = test_of("ABBABAAB", NullLaw::Shuffled);  // 6 ways in each of the two blocks
  const std::vector<ContrastColumn> largest{{1, 3, 4, 2, 8, 5, 6, 7}};
  const FamilyTest result = test.test(largest, {});
  EXPECT_EQ(result.largest.size(), 35U);
  EXPECT_DOUBLE_EQ(result.contrasts[0].p_slower, 1.0 / 36);
  EXPECT_DOUBLE_EQ(result.contrasts[0].p_faster, 1);
  const std::vector<ContrastColumn> third{{1, 3, 4, 2, 8, 5, 7, 6}};
  EXPECT_DOUBLE_EQ(test.test(third, {}).contrasts[0].p_slower, 3.0 / 36);
}

TEST(MaxTTest, DrawsLabelingsIfTheseAreMany) {
  const MaxT test = test_of("ABBAABBAABBAABBAABBAABBA", NullLaw::Shuffled);
  const std::vector<ContrastColumn> flat(1, ContrastColumn(24, 1.0));
  EXPECT_EQ(test.test(flat, {}).largest.size(), 4999U);
}

TEST(StudentTTest, HasTheQuantilesOfTheTables) {
  EXPECT_NEAR(student_t_quantile(0.975, 9), 2.262157, 1e-6);
  EXPECT_NEAR(student_t_quantile(0.95, 1), 6.313752, 1e-6);
}

}  // namespace
}  // namespace tcpstep
