#include "lib/report/warnings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "lib/host/doctor.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::vector<std::string> keys(const std::vector<Warning>& warnings) {
  std::vector<std::string> result;
  for (const Warning& warning : warnings) {
    result.push_back(warning.key);
  }
  return result;
}

// A run of one ping on a host whose thread wakes up after 50 µs.
LinkRuns run_with(Duration rtt) {
  LinkRuns runs;
  runs.header.add("wait", "block");
  runs.header.add("effective_cpu", "any");
  runs.header.add("wakeup_median_ns", "50000");
  runs.header.add("clock_reading_ns", "20");
  runs.series[PayloadSize(1)].add(rtt);
  return runs;
}

LinkRuns run_with(Duration rtt, std::string_view key, std::string_view value) {
  LinkRuns runs = run_with(rtt);
  RunHeader header;
  for (const auto& [name, fact] : runs.header.facts()) {
    header.add(name, name == key ? value : std::string_view(fact));
  }
  if (!header.find(key)) {
    header.add(key, value);
  }
  runs.header = header;
  return runs;
}

TEST(WarningsTest, CompareTheShortestRttWithTheTimers) {
  EXPECT_THAT(keys(warnings_in_words(run_with(10ms))), IsEmpty());
  EXPECT_THAT(keys(warnings_in_words(run_with(10us))), ElementsAre("rtt_below_wakeup"));
  EXPECT_THAT(keys(warnings_in_words(run_with(10us, "wait", "spin"))), IsEmpty());
  EXPECT_THAT(keys(warnings_in_words(run_with(10us, "effective_cpu", "1"))), IsEmpty());
  EXPECT_THAT(keys(warnings_in_words(run_with(1us, "wait", "spin"))),
              ElementsAre("rtt_near_clock"));
  EXPECT_THAT(keys(warnings_in_words(run_with(90us, "clock_resolution_ns", "1000"))),
              ElementsAre("rtt_near_clock"));
  EXPECT_THAT(keys(warnings_in_words(run_with(10us, "lab_time", "virtual"))), IsEmpty());
}

TEST(WarningsTest, EachKeyOfAFileIsASentenceOnceAndNotAKey) {
  for (const WarningRow& row : warning_table()) {
    LinkRuns runs = run_with(1us);
    runs.browser_runs = 1;
    runs.warnings = {std::string(row.key)};
    const std::vector<Warning> warnings = warnings_in_words(runs);
    EXPECT_EQ(std::ranges::count(warnings, row.key, &Warning::key), 1);
    for (const Warning& warning : warnings) {
      EXPECT_TRUE(warning.text.ends_with('.')) << warning.text;
      EXPECT_FALSE(warning.remedy.empty()) << warning.key;
      if (row.key.find('_') != std::string_view::npos) {
        EXPECT_THAT(warning.text, Not(HasSubstr(std::string(row.key))));
      }
    }
  }
}

TEST(WarningsTest, HaveTheFactsOfTheHeader) {
  RunHeader header;
  header.add("warnings", "no_busy_poll no_realtime other_congestion_control");
  header.add("measured_by", "client");
  header.add("requested_busy_poll_us", "50");
  header.add("effective_busy_poll_us", "0");
  header.add("requested_congestion_control", "bbr");
  header.add("effective_congestion_control", "cubic");
  const std::vector<Warning> warnings = warnings_in_words(header);
  ASSERT_THAT(keys(warnings),
              ElementsAre("other_congestion_control", "no_realtime", "no_busy_poll"));
  EXPECT_EQ(warnings[0].text, "The congestion control was cubic, not bbr.");
  EXPECT_THAT(warnings[1].remedy, HasSubstr("+ep $(command -v tcpstep-client)"));
  EXPECT_EQ(warnings[2].text, "The kernel polled the card for 0 µs instead of 50 µs.");
}

TEST(WarningsTest, AgreeWithWhatTheHostSaysOfItselfBeforeTheRun) {
  const HostInfo host{.processors = 1,
                      .clocksource = "hpet",
                      .governor = "powersave",
                      .virtualization = "QEMU",
                      .idle_exit = 133us,
                      .load = 3};
  const std::vector<Warning> before = host_warnings(
      host, {.resolution = 1ns, .reading_cost = 900ns, .wakeup_median = 50us, .wakeup_p99 = 90us});
  RunHeader header;
  std::string recorded;
  for (const Warning& warning : before) {
    recorded += warning.key + ' ';
  }
  header.add("warnings", recorded);
  const std::vector<Warning> after = warnings_in_words(header);
  EXPECT_EQ(before.size(), 6);
  EXPECT_EQ(keys(after), keys(before));
  for (std::size_t i = 0; i < std::min(before.size(), after.size()); ++i) {
    EXPECT_EQ(after[i].remedy, before[i].remedy);
  }
}

}  // namespace
}  // namespace tcpstep
