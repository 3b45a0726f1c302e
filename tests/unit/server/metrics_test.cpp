#include "server/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tcpstep {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

MeasuredLink link_named(const std::string& name) {
  return {.link = name, .direction = "down", .connection = "warm"};
}

TEST(MetricsTest, HaveTheFastestOfTheHourAndTheLastRun) {
  Metrics metrics(19901);
  metrics.note_minima(link_named("lan"), {{1, 10us}, {2, 30us}});
  metrics.note_minima(link_named("lan"), {{1, 20us}, {2, 25us}});
  const std::string text = metrics.render(0, 0, 0);
  const std::string labels = R"({link="lan",direction="down",connection="warm",port="19901",)";
  EXPECT_THAT(text, HasSubstr("tcpstep_rtt_min_seconds" + labels + R"(segments="1"} 0.000010000)"));
  EXPECT_THAT(text, HasSubstr("tcpstep_rtt_min_seconds" + labels + R"(segments="2"} 0.000025000)"));
  EXPECT_THAT(text, HasSubstr("tcpstep_last_run_rtt_min_seconds" + labels +
                              R"(segments="1"} 0.000020000)"));
}

TEST(MetricsTest, NameWhatMayHaveSpoiledTheLastRun) {
  Metrics metrics(19901);
  metrics.note_minima(link_named("lan"), {{1, 10us}}, {"virtual_machine", "segments_merged"});
  const std::string labels = R"({link="lan",direction="down",connection="warm",port="19901",)";
  EXPECT_THAT(metrics.render(0, 0, 0),
              HasSubstr("tcpstep_last_run_warning" + labels + R"(warning="segments_merged"} 1)"));
  metrics.note_minima(link_named("lan"), {{1, 10us}});
  EXPECT_THAT(metrics.render(0, 0, 0), Not(HasSubstr("tcpstep_last_run_warning{")));
}

TEST(MetricsTest, KeepTheLinksOfTheLatestRuns) {
  Metrics metrics(19901);
  for (int i = 0; i < 150; ++i) {
    metrics.note_minima(link_named("x" + std::to_string(i)), {{1, 10us}});
  }
  metrics.note_minima(link_named("lan"), {{1, 10us}});
  const std::string text = metrics.render(0, 0, 0);
  EXPECT_THAT(text, HasSubstr(R"(link="lan")"));
  EXPECT_THAT(text, HasSubstr(R"(link="x149")"));
  EXPECT_THAT(text, Not(HasSubstr(R"(link="x0")")));
}

}  // namespace
}  // namespace tcpstep
