#include "lib/host/doctor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

std::vector<std::string> keys(const std::vector<Warning>& warnings) {
  std::vector<std::string> result;
  for (const Warning& warning : warnings) {
    EXPECT_FALSE(warning.text.empty() || warning.remedy.empty());
    result.push_back(warning.key);
  }
  return result;
}

HostInfo quiet_host() {
  return {.name = "lab",
          .os = "Linux",
          .cpu = "x",
          .processors = 8,
          .clocksource = "tsc",
          .governor = "performance",
          .virtualization = "none",
          .idle_exit = 2us,
          .load = 0.1};
}

const TimerTest kGoodTimers{
    .resolution = 1ns, .reading_cost = 20ns, .wakeup_median = 50us, .wakeup_p99 = 90us};

TEST(DoctorTest, FindsNothingOnAQuietHost) {
  EXPECT_THAT(keys(host_warnings(quiet_host(), kGoodTimers)), testing::IsEmpty());
}

TEST(DoctorTest, FindsEachFaultWithItsRemedyTheMostImportantFirst) {
  HostInfo host = quiet_host();
  host.processors = 1;
  host.governor = "powersave";
  host.idle_exit = 133us;
  host.virtualization = "QEMU";
  host.load = 3;
  TimerTest timers = kGoodTimers;
  timers.reading_cost = 900ns;
  EXPECT_THAT(keys(host_warnings(host, timers)),
              testing::ElementsAre("other_load", "one_processor", "slow_clock", "deep_idle",
                                   "governor", "virtual_machine"));
}

TEST(DoctorTest, WarnsOfNothingThatItDoesNotKnow) {
  HostInfo host = quiet_host();
  host.cpu.clear();
  host.governor.clear();
  host.virtualization.clear();
  host.clocksource.clear();
  host.load.reset();
  EXPECT_THAT(keys(host_warnings(host, kGoodTimers)), testing::IsEmpty());
  const std::string text = render_examination({.info = host, .timers = kGoodTimers}, {});
  EXPECT_THAT(text, testing::HasSubstr("governor unknown, clocksource unknown, load unknown"));
}

TEST(HostInfoTest, ReadsTheLoadWithoutAFile) {
  EXPECT_TRUE(describe_host().load);
}

TEST(DoctorTest, TakesTheLoadOfTheRunInsteadOfThatOfTheStart) {
  constexpr double kAbsurd = 1e6;
  HostFacts facts{.info = quiet_host(), .timers = kGoodTimers};
  facts.info.load = kAbsurd;
  facts.info.processors = 10'000;
  facts.warnings = host_warnings(facts.info, facts.timers);
  EXPECT_THAT(keys(facts.warnings), testing::ElementsAre("other_load"));
  refresh_load(facts);
  EXPECT_LT(*facts.info.load, kAbsurd);
  EXPECT_THAT(keys(facts.warnings), testing::IsEmpty());
}

TEST(DoctorTest, JudgesAClockByItsCostNotByItsName) {
  HostInfo host = quiet_host();
  host.clocksource = "a new one";
  EXPECT_THAT(keys(host_warnings(host, kGoodTimers)), testing::IsEmpty());
}

TEST(DoctorTest, WarnsOfAClockThatIsSlowToRead) {
  TimerTest slow = kGoodTimers;
  slow.reading_cost = 246ns;
  EXPECT_THAT(keys(host_warnings(quiet_host(), slow)), testing::ElementsAre("slow_clock"));
}

TEST(DoctorTest, WarnsOfOffloadsThatMergeSegments) {
  InterfaceInfo interface;
  interface.name = "eth0";
  interface.offloads = "tso=on";
  EXPECT_THAT(keys(interface_warnings(interface)), testing::IsEmpty());
  interface.merges_segments = true;
  EXPECT_THAT(keys(interface_warnings(interface)), testing::ElementsAre("segments_merged"));
  interface.name = "lo";
  EXPECT_THAT(keys(interface_warnings(interface)), testing::IsEmpty());
}

TEST(TimerTestTest, GivesPlausibleNumbers) {
  const TimerTest timers = test_timers();
  EXPECT_GE(timers.resolution, 1ns);
  EXPECT_GT(timers.reading_cost, 0ns);
  EXPECT_GE(timers.wakeup_p99, timers.wakeup_median);
}

}  // namespace
}  // namespace tcpstep
