#include "lib/compare/history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "tests/unit/compare/comparisons.h"

namespace tcpstep {
namespace {

using testing::Contains;
using testing::HasSubstr;

// A run a day, whose level is 10 % higher from the 20th day on.
std::vector<Run> days(std::size_t count, double factor = 1.1, std::size_t first = 20) {
  std::vector<Run> runs;
  for (std::size_t day = 0; day < count; ++day) {
    SyntheticRun made = plain();
    made.name = std::to_string(day);
    made.start_s = static_cast<std::int64_t>(1'767'225'600 + 86'400 * day);
    made.ns = [=](std::uint32_t bytes) { return stairs(bytes, 1448) * (day < first ? 1 : factor); };
    runs.push_back(make_run(made));
  }
  return runs;
}

void drop_last_round(Run& run) {
  for (auto& [size, series] : run.series) {
    change_samples(series, [](auto& samples) { samples.pop_back(); });
  }
}

struct Readings {
  std::vector<LinkSeries> series;
  int count = 0;
};

Readings read(const std::vector<Run>& runs) {
  Readings readings;
  const auto source = [&](const TakeRun& take) {
    ++readings.count;
    for (const Run& run : runs) {
      take(run)();
    }
  };
  readings.series = read_series(source, {});
  return readings;
}

TEST(HistoryTest, LeavesOutARunWhoseMssChanged) {
  auto runs = days(10);
  runs[4].trailer->changed_mss = Mss(1336);
  runs[4].has_moved = true;
  RunReducer reducer({});
  std::vector<ReducedRun> reduced;
  for (const auto& run : runs) {
    reduced.push_back(reducer.reduce(run));
  }
  const UsableRuns usable = usable_runs(std::move(reduced), 5, {});
  EXPECT_EQ(usable.runs.size(), 9U);
  EXPECT_THAT(usable.notes, Contains(HasSubstr("4 (uncertain: the MSS changed")));
}

TEST(HistoryTest, ReadsRunsOfOneKindOnce) {
  const Readings readings = read(days(40));
  EXPECT_EQ(readings.count, 1);
  ASSERT_EQ(readings.series.size(), 1U);
  const History history = readings.series.front().search(0.01);
  EXPECT_EQ(history.trend, Trend::Slower);
  ASSERT_EQ(history.changes.size(), 1U);
  EXPECT_EQ(history.changes.front().first, 20U);
  EXPECT_EQ(readings.series.front().search(0.0001).changes.size(), 1U);
}

// The verdict waits for five runs; what is seen before is said.
TEST(HistoryTest, NamesWhatTheNewestRunsShow) {
  for (const std::size_t newest : {2U, 3U, 4U}) {
    const History history = read(days(11 + newest, 2.6, 11)).series.front().search(0.01);
    EXPECT_EQ(history.trend, Trend::Inconclusive);
    ASSERT_TRUE(history.unconfirmed);
    EXPECT_EQ(history.unconfirmed->first, 11U);
    EXPECT_NEAR(history.unconfirmed->now_ns / history.unconfirmed->before_ns, 2.6, 0.05);
    EXPECT_THAT(history.reasons, Contains(HasSubstr(std::to_string(5 - newest) + " more)")));
  }
  const History history = read(days(16, 2.6, 11)).series.front().search(0.01);
  EXPECT_EQ(history.trend, Trend::Slower);
  EXPECT_FALSE(history.unconfirmed);
}

TEST(HistoryTest, HasNoSensitivityBeyondTenfold) {
  EXPECT_EQ(sensitivity_or_more(std::log(1.038)), "about 3.8 % or more");
  EXPECT_EQ(sensitivity_or_more(std::log(4.5)), "about 4.5 times or more");
  EXPECT_EQ(sensitivity_or_more(std::log(1092)), "more than tenfold");
}

// The numbers of all runs are those of as many rounds as the shortest one has, whichever came
// first.
TEST(HistoryTest, ReadsRunsAgainThatDiffer) {
  auto runs = days(40);
  drop_last_round(runs[30]);
  const Readings readings = read(runs);
  EXPECT_EQ(readings.count, 2);
  auto alike = days(40);
  for (auto& run : alike) {
    drop_last_round(run);
  }
  const History history = readings.series.front().search(0.01);
  const History expected = read(alike).series.front().search(0.01);
  EXPECT_EQ(history.rounds, 9U);
  ASSERT_EQ(history.columns.size(), expected.columns.size());
  for (std::size_t c = 0; c < history.columns.size(); ++c) {
    EXPECT_EQ(history.columns[c].values, expected.columns[c].values);
  }
}

TEST(HistoryTest, FindsTheStepsOfRunsWithoutAnMss) {
  std::vector<tcpstep::Run> runs;
  for (int day = 0; day < 20; ++day) {
    SyntheticRun made = plain();
    made.name = std::to_string(day);
    made.mss = 0;
    made.start_s = 1'767'225'600 + 86'400 * std::int64_t{day};
    runs.push_back(make_run(made));
  }
  const History history = read(runs).series.front().search(0.01);
  ASSERT_TRUE(history.mss);
  EXPECT_GE(history.mss->bytes(), 1401U);
  EXPECT_LE(history.mss->bytes(), 1500U);
  EXPECT_THAT(history.notes, Contains(HasSubstr("the MSS is unknown; its times fit")));
}

}  // namespace
}  // namespace tcpstep
