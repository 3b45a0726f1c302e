// The tables as a whole, compared with the files in tests/golden.
#include "lib/report/render.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <sstream>

namespace tcpstep {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

PenaltyTable table_of(const std::string& link, std::uint32_t mss, Duration per_segment) {
  LinkRuns runs;
  runs.key.link = link;
  runs.key.mss = Mss(mss);
  runs.runs = 5;
  runs.partial_runs = 1;
  runs.lost = 3;
  if (link == "lte") {
    runs.differing = {"order", "fill"};
  }
  std::vector<SizeTime> endpoints;
  for (std::uint32_t bytes = 1; bytes <= 9901; bytes += 100) {
    const Duration rtt =
        34ms + Duration(bytes) + segments_needed(PayloadSize(bytes), Mss(mss)) * per_segment;
    runs.series[PayloadSize(bytes)].add(rtt);
    endpoints.push_back({.size = PayloadSize(bytes), .ns = static_cast<double>(rtt.count())});
  }
  for (int run = 0; run < 4; ++run) {  // each a little steeper than the last
    if (const auto fit = fit_run(endpoints, Mss(mss))) {
      runs.fits.push_back(*fit);
    }
    for (SizeTime& time : endpoints) {
      time.ns += 10 * time.size.bytes();
    }
  }
  return penalty_table(runs, Statistic::minimum());
}

const std::array kTables{table_of("lte", 1388, 2ms), table_of("loopback", 32741, 0ms)};

// On failure the actual text is left beside the test program, to compare or to accept.
void expect_golden(const std::string& name, const std::string& actual) {
  std::ostringstream expected;
  expected << std::ifstream(TCPSTEP_SOURCE_DIR "/tests/golden/" + name).rdbuf();
  if (actual != expected.str()) {
    std::ofstream(name) << actual;
  }
  EXPECT_EQ(actual, expected.str()) << "the actual text is in " << name;
}

TEST(RenderTest, PrintsTheTableForPeople) {
  expect_golden("report.txt", render_text(kTables));
}
TEST(RenderTest, PrintsMarkdown) {
  expect_golden("report.md", render_markdown(kTables));
}
TEST(RenderTest, PrintsCsv) {
  expect_golden("report.csv", render_csv(kTables));
}
TEST(RenderTest, PrintsJson) {
  expect_golden("report.json", render_json(kTables));
}

TEST(RenderTest, SaysWhatThePenaltiesAreAgainst) {
  LinkRuns runs;
  runs.key.mss = Mss(1448);
  runs.series[PayloadSize(100)].add(10us);
  runs.series[PayloadSize(1449)].add(15us);
  const std::array tables{penalty_table(runs, Statistic::minimum())};
  for (const std::string& text : {render_text(tables), render_markdown(tables)}) {
    EXPECT_THAT(text, HasSubstr("penalty relative to the smallest size"));
  }
}

TEST(RenderTest, SaysIfAPercentileHasTooFewSamples) {
  LinkRuns runs;
  runs.key.mss = Mss(1448);
  for (int i = 0; i < 99; ++i) {
    runs.series[PayloadSize(1)].add(10us);
    runs.series[PayloadSize(1449)].add(10us);
  }
  const Statistic p99 = *Statistic::parse("p99");
  runs.series[PayloadSize(1)].add(10us);
  EXPECT_THAT(render_text(std::array{penalty_table(runs, p99)}),
              HasSubstr("p99, p99 needs 100 samples per size, has 99"));
  runs.series[PayloadSize(1449)].add(10us);
  EXPECT_THAT(render_text(std::array{penalty_table(runs, p99)}), Not(HasSubstr("needs")));
}

TEST(RenderTest, SaysHowFarAQuantileOfManySamplesMayBeOff) {
  LinkRuns link;
  link.key.mss = Mss(1448);
  for (int i = 0; i < 5000; ++i) {
    link.series[PayloadSize(1)].add(Duration(1000 + i));
  }
  EXPECT_THAT(render_text(std::array{penalty_table(link, *Statistic::parse("median"))}),
              HasSubstr("median of each size within 0.4 %"));
  EXPECT_THAT(render_text(std::array{penalty_table(link, Statistic::minimum())}),
              Not(HasSubstr("within")));
}

TEST(RenderTest, PrintsNothingOfNothing) {
  EXPECT_EQ(render_text({}), "");
  EXPECT_EQ(render_markdown({}), "");
}

}  // namespace
}  // namespace tcpstep
