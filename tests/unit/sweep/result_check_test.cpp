#include "lib/sweep/result_check.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>

#include "lib/base/error.h"
#include "lib/sweep/sweep_plan.h"
#include "tests/fuzz/result_check_run.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

std::string file(const std::string& name) {
  std::ifstream stream(TCPSTEP_SOURCE_DIR "/tests/fuzz/corpus/result_check/" + name,
                       std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::string error_of(const std::string& text, const AgreedRun& agreed = agreed_run()) {
  try {
    static_cast<void>(check_result(text, agreed));
  } catch (const WorldError& error) {
    return error.what();
  }
  return "accepted";
}

// As the other end announces them.
std::string status_of(const std::string& name) {
  const std::map<std::string, std::string> others{
      {"limit", "limit"},        {"empty_run", "interrupted"}, {"lost", "timeout"},
      {"lost_probe", "timeout"}, {"goes_on", "timeout"},       {"other_size", "limit"},
      {"too_many", "limit"},     {"order", "limit"},           {"overlap", "limit"},
      {"no_start", "limit"},     {"other_end", "repaired"}};
  const auto found = others.find(name);
  return found == others.end() ? "complete" : found->second;
}

std::string error_of_file(const std::string& name) {
  return error_of(file(name), agreed_run(false, false, status_of(name)));
}

TEST(ResultCheckTest, AcceptsOnlyCompleteFilesOfTheRun) {
  const std::set<std::string> right{"good",       "limit", "empty_run", "lost",
                                    "lost_probe", "twice", "host"};
  for (const auto& entry :
       std::filesystem::directory_iterator(TCPSTEP_SOURCE_DIR "/tests/fuzz/corpus/result_check")) {
    const std::string name = entry.path().filename();
    EXPECT_EQ(error_of_file(name) == "accepted", right.contains(name))
        << name << ": " << error_of_file(name);
  }
}

TEST(ResultCheckTest, TakesTheColumnsThatBothEndsKnow) {
  const AgreedRun agreed = agreed_run(false, true);
  EXPECT_EQ(error_of(file("resent_ack"), agreed), "accepted");
  EXPECT_THAT(error_of(file("resent_ack")), StartsWith("invalid line 27 of the result"));
  EXPECT_THAT(error_of(file("good"), agreed), StartsWith("invalid line 27 of the result"));
  EXPECT_EQ(error_of(file("resent_too_often"), agreed),
            "the result has an ack that was resent 256 times");
}

TEST(ResultCheckTest, GivesTheTrailer) {
  const RunTrailer trailer = check_result(file("limit"), agreed_run(false, false, "limit"));
  EXPECT_EQ(trailer.status, "limit");
  EXPECT_EQ(trailer.samples, 5U);
}

TEST(ResultCheckTest, SaysWhatIsWrong) {
  const std::map<std::string, std::string> errors{
      {"other_seed", "the result has seed '8': expected '7'"},
      {"other_date", "the result has started_utc '2099-"},
      {"other_addr", "the result has client_addr '192.0.2.3:4711': expected '192.0.2.2:4711'"},
      {"other_claim", "the result has claimed_by_server '': expected 'server_os server_tool'"},
      {"label", "the result has label 'x': expected ''"},
      {"round_beyond", "the result has round 3, which is not in the sweep"},
      {"other_size", "the result has a payload of 99 bytes, which is not in the sweep"},
      {"too_many", "the result has 1 byte in round 1 where the sweep has 1 in round 2"},
      {"too_few", "the result has 20 of the sweep's 21 pings"},
      {"no_row", "the result has 0 of the sweep's 21 pings"},
      {"order", "the result has 100 bytes in round 1 where the sweep has 1 in round 1"},
      {"round_back", "the result has 1 byte in round 1 where the sweep has no ping"},
      {"overlap", "the result has a ping of round 1 that begins before the one before has ended"},
      {"no_start", "the result has a ping of round 1 that begins before"},
      {"goes_on", "the result goes on after a ping that failed"},
      {"beyond_end", "the result claims 100.4 µs, longer than the run took"},
      {"too_long", "the result claims 100.00 s, longer than the run took"},
      {"announced", "the result has the status 'limit', and 'complete' was announced"},
      {"mss_1", "the result has an MSS of 1 bytes; this connection's is 536 to 1460"},
      {"mss_other", "the result has resolved_sizes_bytes that are not those of its MSS"},
      {"word", "invalid line 35 of the result: '1,1,8000,,,,1,0,1,10,5,5,banana'"},
      {"letters", "invalid line 35 of the result: '1,1,8000,900,,,1,0,x,10,5,5,ok'"},
      {"digits", "invalid line 35 of the result"},
      {"behind", "invalid line 50 of the result"},
      {"long_fact", "the result has tool of 2000 bytes"},
      {"many_facts", "invalid line 101 of the result"},
      {"escape", "invalid line 4 of the result: '# tool: \\x1b"}};
  for (const auto& [name, error] : errors) {
    EXPECT_THAT(error_of_file(name), StartsWith(error)) << name;
  }
}

TEST(ResultCheckTest, RejectsFactsThatAreNotForTheMeasuringEndToSay) {
  const std::string good = file("good");
  for (const std::string key :
       {"ab_block", "browser_kernel_rtt_ns", "client_kind", "ends_when_settled", "host_started_utc",
        "lab_time", "mesh_from", "samples_at", "user_agent"}) {
    std::string text = good;
    text.insert(text.find("# mss_bytes"), fmt::format("# {}: 1\n", key));
    EXPECT_EQ(error_of(text),
              fmt::format("the result has {}, which the other end must not set", key));
  }
}

TEST(ResultCheckTest, HoldsACompleteRunAgainstTheAcks) {
  AgreedRun agreed = agreed_run();
  agreed.acked = 22;  // one that discovers the path has no row
  EXPECT_EQ(error_of(file("good"), agreed), "accepted");
  for (const std::uint64_t acked : {20U, 23U}) {
    agreed.acked = acked;
    EXPECT_EQ(error_of(file("good"), agreed),
              fmt::format("the result has 21 pings, this end has acked {}", acked));
  }
}

TEST(ResultCheckTest, KnowsTheOrderOfASeed) {
  AgreedRun agreed = agreed_run();
  agreed.settings.sweep.order = Order::Shuffled;
  agreed.facts =
      describe_lost_run(agreed.settings, {.run_id = "1", .protocol = Protocol::Negotiated}, {});
  std::string text = fmt::format("# format: {}\n", kRunFormat);
  for (const auto& [key, value] : agreed.facts.facts()) {
    text += fmt::format("# {}: {}\n", key, value);
  }
  text += fmt::format("# mss_bytes: 1448\n{}\n", kOldRunColumns);
  SweepPlan plan(*agreed.settings.sweep.sizes.resolve(Mss(1448)), agreed.settings.sweep);
  int row = 0;
  for (std::uint32_t i = 0; i < 3; ++i) {
    for (const PayloadSize size : plan.round(i).sizes) {
      text += fmt::format("{},{},{},1,,,,,,,,,ok\n", i, size.bytes(), 1000 + row++);
    }
  }
  const std::string end = "# end: status=complete samples=14 lost=0 elapsed_ns=100000\n";
  EXPECT_EQ(error_of(text + end, agreed), "accepted");
  agreed.settings.sweep.seed = 8;
  EXPECT_THAT(error_of(text + end, agreed), HasSubstr("where the sweep has"));
}

TEST(ResultCheckTest, RejectsHostNamesIfTheServerIsAnonymous) {
  AgreedRun agreed = agreed_run();
  agreed.settings.is_anonymous = true;
  EXPECT_THAT(error_of(file("host"), agreed),
              HasSubstr("has server_addr, but this server is anonymous"));
}

}  // namespace
}  // namespace tcpstep
