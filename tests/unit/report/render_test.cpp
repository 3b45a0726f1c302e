// The tables as a whole, compared with the files in tests/golden.
#include "lib/report/render.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <sstream>

#include "tests/unit/golden.h"

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
    runs.header.add("interface", "wwan0");
    runs.header.add("interface_offloads", "tso=on gso=on gro=on lro=off");
    runs.header.add("effective_congestion_control", "cubic");
    runs.warnings = {"virtual_machine", "segments_merged"};
    runs.senders = {"192.0.2.1"};
    runs.receivers = {"198.51.100.7", "198.51.100.9"};
    runs.fewest_rounds = 18;
    runs.most_rounds = 20;
    runs.first_start = std::chrono::sys_days(2026y / 11 / 20) + 9h;
    runs.last_start = std::chrono::sys_days(2026y / 11 / 26) + 23h;
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

std::size_t widest_line(const std::string& text) {
  std::size_t widest = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    widest = std::max(widest, columns_of(line));
  }
  return widest;
}

TEST(RenderTest, FitsEveryScreen) {
  const std::span all(kTables);
  for (const std::size_t columns : {80U, 60U, 40U}) {
    const TextOptions options{.screen = {.columns = columns}};
    const std::string link = render_text(all.first(1), options);
    const std::string overview = render_text(all, options);
    expect_golden(fmt::format("report_link_{}.txt", columns), link);
    expect_golden(fmt::format("report_links_{}.txt", columns), overview);
    const std::string details =
        render_text(all, {.screen = options.screen, .has_fit = true, .has_details = true});
    expect_golden(fmt::format("report_details_{}.txt", columns), details);
    EXPECT_LE(widest_line(details), columns);
    EXPECT_LE(widest_line(link), columns);
    EXPECT_LE(widest_line(overview), columns);
  }
}
TEST(RenderTest, NamesAtMostAFewOfTheHostsThatWerePooled) {
  LinkRuns runs;
  runs.key.mss = Mss(1448);
  for (int host = 1; host <= 9; ++host) {
    runs.receivers.insert(fmt::format("192.0.2.{}", host));
  }
  runs.runs = 9;
  runs.labels = {"-", "anna", "ben"};
  runs.series[PayloadSize(1)].add(10us);
  const std::string text = render_text(std::array{penalty_table(runs, Statistic::minimum())});
  EXPECT_THAT(text, HasSubstr("9 runs of 9 hosts are pooled: 192.0.2.1, "));
  EXPECT_THAT(text, Not(HasSubstr("192.0.2.9")));
  EXPECT_THAT(text, HasSubstr("9 runs of 3 labels are pooled: -, anna, ben."));
  EXPECT_THAT(text, HasSubstr("--by label"));
}
TEST(RenderTest, PutsWarningsThatChangeTheReadingFirst) {
  const std::string text = render_text(std::span(kTables).first(1));
  EXPECT_LT(text.find("Packets are merged by the measuring host (wwan0: tso gso gro)"),
            text.find("virtual machine"));
  EXPECT_THAT(text, HasSubstr("ethtool -K wwan0 tso off gso off gro off lro off"));
}
TEST(RenderTest, PrintsMarkdown) {
  expect_golden("report.md", render_markdown(kTables, {.has_details = true}));
  expect_golden("report_link.md", render_markdown(std::span(kTables).first(1), {.has_fit = true}));
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
  const std::array two{tables[0], tables[0]};
  EXPECT_THAT(render_markdown(two), HasSubstr("RTT of smallest size"));
  EXPECT_THAT(render_text(two), HasSubstr("RTT of smallest size"));
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
              HasSubstr("p99 needs 100 samples per size, has 99"));
  runs.series[PayloadSize(1449)].add(10us);
  EXPECT_THAT(render_text(std::array{penalty_table(runs, p99)}), Not(HasSubstr("needs")));
}

TEST(RenderTest, SaysHowFarAQuantileOfManySamplesMayBeOff) {
  LinkRuns link;
  link.key.mss = Mss(1448);
  link.runs = 1;
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

TEST(RenderTest, KeysOfWarningsAreNeverAFormula) {
  const std::vector<Warning> warnings{{.key = "=cmd", .text = {}, .remedy = {}}};
  EXPECT_EQ(warning_keys(warnings), "'=cmd");
}

}  // namespace
}  // namespace tcpstep
