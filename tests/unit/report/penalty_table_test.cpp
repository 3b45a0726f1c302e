#include "lib/report/penalty_table.h"

#include <gtest/gtest.h>

#include <cmath>
#include <sstream>

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

// A link on which a byte costs 1 ns and every segment after the first 5 µs, on top of 10 µs.
LinkRuns stairs(std::uint32_t mss) {
  LinkRuns runs;
  runs.key.link = "stairs";
  runs.key.mss = Mss(mss);
  runs.runs = 1;
  for (std::uint32_t bytes = 1; bytes <= 9901; bytes += 100) {
    const auto segments = segments_needed(PayloadSize(bytes), Mss(mss));
    const Duration best = 10us + Duration(bytes - 1) + (segments - 1) * 5us;
    runs.series[PayloadSize(bytes)] = {best, best + 1us, best + 2us};
  }
  return runs;
}

TEST(PenaltyTableTest, ChargesTheFirstByteBeyondOneSegment) {
  const PenaltyTable table = penalty_table(stairs(1448), Statistic::minimum());
  EXPECT_EQ(table.reference_rtt, 10us);
  EXPECT_EQ(table.filling->smallest, PayloadSize(1401));
  EXPECT_EQ(table.filling->extra, 1400ns);
  EXPECT_DOUBLE_EQ(table.filling->share, 0.14);
  EXPECT_EQ(table.second->smallest, PayloadSize(1501));
  EXPECT_EQ(table.second->largest, PayloadSize(2801));
  EXPECT_EQ(table.second->extra, 5us + 2150ns);
  EXPECT_EQ(table.fourth->smallest, PayloadSize(4401));
  EXPECT_EQ(table.fourth->extra, 15us + 5050ns);
}

TEST(PenaltyTableTest, AddsUpAnyNumberOfTheLongestRtts) {
  LinkRuns runs;
  runs.key.mss = Mss(200'000);
  for (std::uint32_t bytes = 1; bytes <= 200'001; ++bytes) {
    runs.series[PayloadSize(bytes)] = {24h};
  }
  const PenaltyTable table = penalty_table(runs, Statistic::minimum());
  EXPECT_EQ(table.classes.front().penalty.rtt, 24h);
}

TEST(PenaltyTableTest, FollowsTheMssOfTheRun) {
  const PenaltyTable table = penalty_table(stairs(1348), Statistic::minimum());
  EXPECT_EQ(table.filling->largest, PayloadSize(1301));
  EXPECT_EQ(table.second->smallest, PayloadSize(1401));
  EXPECT_EQ(table.classes.size(), 8U);
}

TEST(PenaltyTableTest, UsesTheStatisticForTheReferenceToo) {
  const PenaltyTable table = penalty_table(stairs(1448), *Statistic::parse("median"));
  EXPECT_EQ(table.reference_rtt, 11us);
  EXPECT_EQ(table.filling->extra, 1400ns);
}

TEST(PenaltyTableTest, SaysByHowMuchABrowserCanDistortIt) {
  LinkRuns runs = stairs(1448);
  runs.browser_runs = 1;
  EXPECT_EQ(penalty_table(runs, Statistic::minimum()).warnings.front().key, "browser");
  EXPECT_EQ(penalty_table(runs, Statistic::minimum()).warnings.front().remedy.find("points"),
            std::string::npos);
  runs.header.add("browser_kernel_rtt_ns", 8000);
  const Warning warning = penalty_table(runs, Statistic::minimum()).warnings.front();
  EXPECT_NE(warning.text.find("adds about 2.000 µs to"), std::string::npos) << warning.text;
  EXPECT_NE(warning.remedy.find("by up to 25.0 points"), std::string::npos) << warning.remedy;
}

TEST(PenaltyTableTest, MakesNoPenaltiesUpWhereNothingCrossedABoundary) {
  const PenaltyTable table = penalty_table(stairs(32741), Statistic::minimum());
  EXPECT_FALSE(table.filling);
  EXPECT_FALSE(table.second);
  EXPECT_FALSE(table.fourth);
  EXPECT_EQ(why_no_penalties(table),
            "every size is one packet (MSS 32741): no boundary was crossed");
}

TEST(PenaltyTableTest, LeavesAClassWithoutSizesOut) {
  LinkRuns runs = stairs(1448);
  std::erase_if(runs.series,
                [](const auto& entry) { return segments_needed(entry.first, Mss(1448)) == 4; });
  const PenaltyTable table = penalty_table(runs, Statistic::minimum());
  EXPECT_TRUE(table.second);
  EXPECT_FALSE(table.fourth);
}

TEST(PenaltyTableTest, DoesNotCallTheReferenceAFullPacket) {
  LinkRuns runs = stairs(1448);
  std::erase_if(runs.series, [](const auto& entry) {
    return entry.first > PayloadSize(1) && entry.first < PayloadSize(1449);
  });
  const PenaltyTable table = penalty_table(runs, Statistic::minimum());
  EXPECT_FALSE(table.filling);
  EXPECT_TRUE(table.second);
}

TEST(PenaltyTableTest, NoticesAReferenceThatIsSlowerThanItsClass) {
  LinkRuns runs = stairs(1448);
  EXPECT_EQ(reference_excess(penalty_table(runs, Statistic::minimum())), 0);
  runs.series[PayloadSize(1)] = {13us};
  EXPECT_GT(reference_excess(penalty_table(runs, Statistic::minimum())), 0.1);
}

TEST(PenaltyTableTest, SaysWhatIsMissing) {
  LinkRuns unknown = stairs(1448);
  unknown.key.mss.reset();
  EXPECT_EQ(why_no_penalties(penalty_table(unknown, Statistic::minimum())),
            "MSS unknown: no boundaries shown");
  LinkRuns empty;
  EXPECT_EQ(why_no_penalties(penalty_table(empty, Statistic::minimum())), "no counted samples");
  LinkRuns large = stairs(1448);
  std::erase_if(large.series, [](const auto& entry) { return entry.first < PayloadSize(1500); });
  EXPECT_EQ(why_no_penalties(penalty_table(large, Statistic::minimum())),
            "no size fits in one packet: no reference for penalties");
}

Run read(const std::string& mss, const std::string& rows) {
  const std::string text = "# format: tcpstep-result/1\n# link: veth\n# mss_bytes: " + mss +
                           "\nround,size_bytes,rtt_ns,retransmits,status\n" + rows;
  RunReader reader(ByteSource(std::make_unique<std::istringstream>(text)), "run.csv");
  return read_run(reader, "run.csv", RttClock::Application);
}

TEST(RunCollectionTest, LeavesOutWarmupLostAndRetransmittedPings) {
  RunCollection runs;
  runs.add(read("1448", "0,1,1,0,ok\n1,1,50,0,ok\n1,1,2,1,ok\n1,1,,0,timeout\n1,1,60,,ok\n"));
  const LinkRuns& link = runs.links()[0];
  const auto samples = link.series.at(PayloadSize(1)).first_samples();
  EXPECT_EQ(std::vector(samples.begin(), samples.end()), (std::vector<Duration>{50ns, 60ns}));
  EXPECT_EQ(link.lost, 1U);
  EXPECT_EQ(link.resent.total(), 1U);
  EXPECT_EQ(link.partial_runs, 1U);
}

TEST(RunCollectionTest, KeepsRunsOfAnotherMssApart) {
  RunCollection runs;
  for (const char* mss : {"1448", "1348", "1448\n# label: another"}) {
    runs.add(read(mss, "1,1,50,0,ok\n# end: status=complete samples=1 lost=0\n"));
  }
  ASSERT_EQ(runs.links().size(), 2U);
  EXPECT_EQ(runs.links()[0].runs, 2U);
  EXPECT_EQ(runs.links()[0].partial_runs, 0U);
}

TEST(RunCollectionTest, KeepsALinkNamedLikeAnotherDirectionApart) {
  RunCollection runs;
  runs.add(read("1448\n# direction: up", "1,1,50,0,ok\n"));
  runs.add(read("1448\n# direction: down", "1,1,50,0,ok\n"));
  auto named = read("1448", "1,1,50,0,ok\n");
  named.key.link = "veth.up";
  runs.add(named);
  ASSERT_EQ(runs.links().size(), 3U);
  EXPECT_EQ(runs.links()[0].key.name(), "veth.up");
  EXPECT_EQ(runs.links()[1].key.name(), "veth");
  EXPECT_EQ(runs.links()[2].key.name(), "veth.up.down");
}

TEST(RunCollectionTest, KnowsWhichFactsOfRunsVaryAndAllTheirWarnings) {
  RunCollection runs;
  runs.add(read("1448\n# server_os: a\n# warnings: governor load", "1,1,50,0,ok\n"));
  runs.add(read("1448\n# server_os: b\n# warnings: load vm", "1,1,50,0,ok\n"));
  const LinkRuns& link = runs.links()[0];
  EXPECT_EQ(link.varying, (std::set<std::string>{"server_os", "warnings"}));
  EXPECT_EQ(link.warnings, (std::set<std::string>{"governor", "load", "vm"}));
}

TEST(RunCollectionTest, NamesTheSettingsInWhichRunsDiffer) {
  RunCollection runs;
  for (const char* more :
       {"\n# order: ascending\n# fill: zero", "\n# order: shuffled\n# fill: zero",
        "\n# server_host: another\n# wait: spin"}) {
    runs.add(read(std::string("1448") + more, "1,1,50,0,ok\n"));
  }
  EXPECT_EQ(runs.links()[0].differing, std::set<std::string>{"order"});
}

TEST(RunCollectionTest, NoticesAnMssThatChangedBelowTheSizesMeasured) {
  RunCollection runs;
  runs.add(read("1448", "1,1401,50,0,ok\n# end: samples=1 lost=0 mss_bytes=1348\n"));
  EXPECT_EQ(runs.links()[0].moved_runs, 1U);
  runs.add(read("32768", "1,1401,50,0,ok\n# end: samples=1 lost=0 mss_bytes=65483\n"));
  EXPECT_EQ(runs.links()[1].moved_runs, 0U);
}

TEST(RunCollectionTest, CountsPingsByTheKernelsClockIfAsked) {
  const std::string text =
      "# format: tcpstep-result/1\nsize_bytes,rtt_ns,kernel_rtt_ns,status\n1,50,40,ok\n1,60,,ok\n";
  RunReader reader(ByteSource(std::make_unique<std::istringstream>(text)), "run.csv");
  RunCollection runs;
  runs.add(read_run(reader, "run.csv", RttClock::Kernel));
  EXPECT_EQ(runs.links()[0].series.at(PayloadSize(1)).size(), 1U);
  EXPECT_EQ(runs.links()[0].series.at(PayloadSize(1)).maximum(), 40ns);
  EXPECT_EQ(runs.links()[0].unstamped, 1U);
}

TEST(RunCollectionTest, CountsARunThatIsInTwoFilesOnce) {
  RunCollection runs;
  const std::string rows = "1,1,50,0,ok\n";
  EXPECT_TRUE(runs.add(read("1448\n# run_id: 7", rows)));
  EXPECT_FALSE(runs.add(read("1448\n# run_id: 7", rows)));
  EXPECT_TRUE(runs.add(read("1448\n# run_id: 8", rows)));
  EXPECT_EQ(runs.links()[0].runs, 2U);
  EXPECT_EQ(runs.links()[0].samples(), 2U);
}

TEST(RunCollectionTest, FitsEveryCompleteRun) {
  std::string rows;
  for (const auto& [bytes, best] : {std::pair(1, 100), {1001, 200}, {1501, 350}, {2501, 450}}) {
    for (const int excess : {7, 0, 2, 9, 8, 7, 5, 4}) {  // the endpoint is 2 below the minimum
      rows += "1," + std::to_string(bytes) + "," + std::to_string(best + excess + 2) + ",0,ok\n";
    }
  }
  RunCollection runs;
  runs.add(read("1448", rows));
  EXPECT_TRUE(runs.links()[0].fits.empty());
  runs.add(read("1448", rows + "# end: status=complete samples=32 lost=0\n"));
  const PenaltyTable table = penalty_table(runs.links()[0], Statistic::minimum());
  EXPECT_EQ(table.fitted.runs, 1U);
  ASSERT_TRUE(table.fitted.rows[0] && table.fitted.rows[1]);
  EXPECT_NEAR(table.fitted.rows[0]->share, 1.447, 1e-9);  // 0.1 ns a byte on 100 ns
  EXPECT_NEAR(table.fitted.rows[1]->share, 2.448, 1e-9);  // and a step of 100 ns
  EXPECT_FALSE(table.fitted.rows[2]);                     // no size of four segments
  EXPECT_FALSE(table.fitted.rows[0]->low);                // one run has no interval
}

// 1000 ns for 1 byte, 1 ns for each other, 500 ns for the second segment.
std::vector<SizeTime> line_of(std::uint32_t step, double within_slot) {
  std::vector<SizeTime> times;
  for (std::uint32_t bytes = 1; bytes <= 2901; bytes += 100) {
    times.push_back(
        {.size = PayloadSize(bytes),
         .ns = 1000 + std::ceil((bytes - 1) / within_slot) * step + (bytes > 1448 ? 500 : 0)});
  }
  return times;
}

TEST(FittedPenaltiesTest, DoNotMoveWithAStall) {
  std::vector<SizeTime> times = line_of(100, 100);
  times[20].ns -= 8e6;  // 2 x(1) - x(2) where all pings but one stalled
  const RunFit fit = *fit_run(times, Mss(1448));
  EXPECT_TRUE(fit.is_on_line);
  EXPECT_NEAR(fit.log_penalties[0].value(), std::log(2447.0 / 1000), 1e-3);
}

TEST(FittedPenaltiesTest, LeaveRunsOutWhoseTimesAreNotOnALine) {
  const std::vector<RunFit> fits{*fit_run(line_of(100, 100), Mss(1448)),
                                 *fit_run(line_of(1000, 1000), Mss(1448)),  // steps between slots
                                 *fit_run(line_of(20, 500), Mss(1448))};    // small ones
  const FittedPenalties fitted = combine(fits, Mss(1448));
  EXPECT_EQ(fitted.runs, 1U);
  EXPECT_EQ(fitted.uneven, 2U);
  EXPECT_NEAR(fitted.rows[0]->share, 1.447, 1e-6);
}

RunFit with_logs(double filling) {
  RunFit fit;
  fit.log_penalties[0] = filling;
  return fit;
}

TEST(FittedPenaltiesTest, HaveAnIntervalFromFourRunsOn) {
  const std::vector<RunFit> fits{with_logs(0.1), with_logs(0.2), with_logs(0.3), with_logs(0.4)};
  EXPECT_FALSE(combine(std::span(fits).first(3), Mss(1448)).rows[0]->low);
  const auto row = *combine(fits, Mss(1448)).rows[0];
  // mean 0.25, sd 0.129099, t(0.975, 3) = 3.182446
  EXPECT_NEAR(row.share, std::expm1(0.25), 1e-9);
  EXPECT_NEAR(*row.low, std::expm1(0.25 - 3.182446 * 0.129099 / 2), 1e-5);
  EXPECT_NEAR(*row.high, std::expm1(0.25 + 3.182446 * 0.129099 / 2), 1e-5);
  EXPECT_FALSE(row.includes_zero());
  const std::vector<RunFit> around{with_logs(-0.1), with_logs(0.1), with_logs(0.1),
                                   with_logs(-0.05)};
  EXPECT_TRUE(combine(around, Mss(1448)).rows[0]->includes_zero());
}

TEST(FittedPenaltiesTest, NoticeThatTheLineDoesNotHoldAtOneByte) {
  std::vector<SizeTime> times;
  for (std::uint32_t bytes = 1; bytes <= 2901; bytes += 100) {
    const double jitter = bytes % 200 == 1 ? 1 : -1;
    times.push_back(
        {.size = PayloadSize(bytes), .ns = 1000 + bytes + jitter + (bytes > 1448 ? 500 : 0)});
  }
  EXPECT_FALSE(fit_run(times, Mss(1448))->is_line_off);
  times[0].ns = 1100;
  const std::vector<RunFit> fits{*fit_run(times, Mss(1448))};
  EXPECT_TRUE(fits[0].is_line_off);
  EXPECT_DOUBLE_EQ(combine(fits, Mss(1448)).measured_one_byte_ns, 1100);
}

TEST(FittedPenaltiesTest, AreNotMadeUp) {
  const std::vector<SizeTime> one_class{{PayloadSize(1), 10}, {PayloadSize(1001), 20}};
  EXPECT_FALSE(fit_run(one_class, Mss(1448)));
  EXPECT_FALSE(fit_run({}, Mss(1448)));
  EXPECT_FALSE(fit_run(one_class, Mss(1000)));  // no class has two sizes
}

}  // namespace
}  // namespace tcpstep
