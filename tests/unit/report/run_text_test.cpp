#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <sstream>
#include <utility>

#include "lib/report/render.h"
#include "tests/unit/golden.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

Run measured_run() {
  tcpstep::Run run;
  run.name = "results/20261122T164157Z_veth_desk.csv";
  const std::pair<std::string_view, std::string_view> facts[]{
      {"run_id", "4b33c28b-42db-4210-8604-c1b2f479486d"},
      {"started_utc", "2026-11-22T16:41:59.254708Z"},
      {"tool", "tcpstep 0.1.0 (git ab35828)"},
      {"link", "veth"},
      {"label", "desk"},
      {"protocol", "negotiated"},
      {"measured_by", "server"},
      {"direction", "down"},
      {"sizes_bytes", "1:2801:100"},
      {"rounds", "150"},
      {"warmup_rounds", "1"},
      {"order", "shuffled"},
      {"seed", "8759888692936090930"},
      {"requested_congestion_control", "cubic"},
      {"effective_congestion_control", "bbr"},
      {"effective_nodelay", "on"},
      {"wait", "block"},
      {"requested_cpu", "any"},
      {"effective_cpu", "any"},
      {"ip_version", "4"},
      {"server_addr", "192.0.2.1:19901"},
      {"client_addr", "192.0.2.2:57918"},
      {"mss_bytes", "1448"},
      {"path_mtu_bytes", "1500"},
      {"initial_cwnd_segments", "10"},
      {"tcp_options", "timestamps sack wscale"},
      {"interface", "eth0"},
      {"interface_driver", "virtio_net"},
      {"interface_offloads", "tso=on gso=on gro=on lro=off"},
      {"interface_qdisc", "fq_codel"},
      {"server_host", "desk"},
      {"server_os", "Linux 6.1.0 x86_64"},
      {"server_cpu", "Intel(R) Xeon(R) Processor"},
      {"server_processors", "2"},
      {"client_host", "phone"},
      {"claimed_by_client", "client_host"},
      {"clock", "CLOCK_MONOTONIC"},
      {"clocksource", "tsc"},
      {"clock_reading_ns", "17"},
      {"wakeup_median_ns", "20417"},
      {"wakeup_p99_ns", "144868"},
      {"load", "0.99"},
      {"warnings", "virtual_machine segments_merged"}};
  for (const auto& [key, value] : facts) {
    run.header.add(key, value);
  }
  for (std::uint32_t bytes = 1; bytes <= 2801; bytes += 100) {
    for (int i = 0; i < 150; ++i) {
      run.series[PayloadSize(bytes)].rtts.add(10us + Duration(bytes) + Duration(i * 100));
    }
  }
  run.trailer = RunTrailer{.status = "complete", .samples = 29 * 150, .lost = 0, .elapsed = 41ms};
  run.describe();
  return run;
}

TEST(RunTextTest, FitsEveryScreen) {
  for (const std::size_t columns : {80U, 60U, 40U}) {
    const std::string text = run_text(measured_run(), {.columns = columns});
    expect_golden(fmt::format("show_{}.txt", columns), text);
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      EXPECT_LE(columns_of(line), columns) << line;
    }
  }
}

TEST(RunTextTest, ShowsWhoSentThePayloads) {
  tcpstep::Run run = measured_run();
  run.key.is_up = true;
  EXPECT_THAT(run_text(run, {.columns = 200}),
              HasSubstr("client 192.0.2.2:57918 (phone) → server 192.0.2.1:19901 (desk)"));
}

TEST(RunTextTest, SaysWhatIsMissing) {
  tcpstep::Run run;
  run.name = "it's.csv";
  run.header.add("rounds", 20);
  run.series[PayloadSize(1)].lost = 3;
  run.describe();
  const std::string text = run_text(run, {});
  EXPECT_THAT(text, HasSubstr("partial (cut off)"));
  EXPECT_THAT(text, HasSubstr("unnamed"));
  EXPECT_THAT(text, HasSubstr("3 rounds of 20 × 1 size"));
  EXPECT_THAT(text, HasSubstr("0 samples, 3 lost"));
  EXPECT_THAT(text, HasSubstr("MSS unknown"));
  EXPECT_THAT(text, HasSubstr("no counted samples"));
  EXPECT_THAT(text, HasSubstr("tcpstep repair FILE"));
  EXPECT_THAT(text, Not(HasSubstr("setting")));
}

}  // namespace
}  // namespace tcpstep
