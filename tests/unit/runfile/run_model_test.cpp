// Reading in blocks and line by line give the same model of a run.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <random>
#include <set>
#include <sstream>
#include <string>

#include "lib/base/file.h"
#include "lib/runfile/run.h"
#include "lib/stats/statistic.h"

namespace tcpstep {
namespace {

using testing::HasSubstr;

constexpr auto kApplication = RttClock::Application;

RunReader reader_of(const std::string& text) {
  return {ByteSource(std::make_unique<std::istringstream>(text)), "run.csv"};
}

// A run as the server writes it, with some of its pings lost and some retransmitted.
std::string run_of(std::uint32_t rounds, std::string_view mss = "1448") {
  std::string text = fmt::format("# format: tcpstep-result/1\n# link: veth\n# mss_bytes: {}\n{}\n",
                                 mss, kRunColumns);
  std::mt19937 generator(rounds);
  std::uint64_t samples = 0;
  std::uint64_t lost = 0;
  for (std::uint32_t round = 0; round <= rounds; ++round) {
    for (std::uint32_t size = 1; size <= 9901; size += 100) {
      const auto rtt = 6000 + generator() % 5000;
      const bool is_lost = generator() % 500 == 0;
      text += fmt::format("{},{},{},{},{},7,{},{},5,10,33,1,{},{},{}\n", round, size,
                          samples * 20'000, is_lost ? "" : std::to_string(rtt),
                          rtt % 3 == 0 ? "" : "700", 1 + size / 1448, rtt % 100 == 0 ? 1 : 0,
                          rtt % 7 == 0    ? ""
                          : rtt % 70 == 1 ? "2"
                                          : "0",
                          rtt % 50 == 0 ? "1" : "", is_lost ? "timeout" : "ok");
      samples += round > 0 && !is_lost ? 1 : 0;
      lost += round > 0 && is_lost ? 1 : 0;
    }
  }
  return text +
         fmt::format("# end: status=complete samples={} lost={} elapsed_ns=9\n", samples, lost);
}

void expect_same(const Run& one, const Run& other) {
  EXPECT_EQ(one.key, other.key);
  EXPECT_EQ(one.status(), other.status());
  EXPECT_EQ(one.identity, other.identity);
  ASSERT_EQ(one.series.size(), other.series.size());
  for (const auto& [size, series] : one.series) {
    const SizeSeries& same = other.series.at(size);
    EXPECT_EQ(series.lost, same.lost);
    EXPECT_EQ(series.resent, same.resent);
    EXPECT_EQ(series.unstamped, same.unstamped);
    EXPECT_EQ(series.segments, same.segments);
    ASSERT_EQ(series.rtts.size(), same.rtts.size());
    for (const char* word : {"min", "mean", "p1", "median", "p99.9"}) {
      EXPECT_EQ(Statistic::parse(word)->of(series.rtts), Statistic::parse(word)->of(same.rtts))
          << word;
    }
  }
}

TEST(RunTest, IsTheSameHoweverItIsRead) {
  for (const std::uint32_t rounds : {1U, 20U, 300U}) {
    const std::string text = run_of(rounds);
    for (const RttClock clock : {RttClock::Application, RttClock::Kernel}) {
      RunReader strict = reader_of(text);
      const auto expected = read_run(strict, "run.csv", clock);
      EXPECT_GT(expected.resent().total(), 0U);
      for (const unsigned threads : {1U, 2U, 5U}) {
        RunReader fast = reader_of(text);
        const auto scanned = scan_run(fast, "run.csv", clock, threads);
        ASSERT_TRUE(scanned);
        expect_same(*scanned, expected);
      }
    }
  }
}

TEST(RunTest, IsTheSameOfAFileThatThreadsReadInParts) {
  const TemporaryFolder folder;
  const std::string path = folder.path() / "run.csv";
  std::string text = run_of(300);  // 1.3 MB
  text.insert(text.find("\n150,") + 1, "# remark\n");
  for (const std::size_t cut :
       {std::size_t{0}, std::size_t{30}, std::size_t{70}, text.size() / 2}) {
    std::ofstream(path) << text.substr(0, text.size() - cut);
    RunReader strict(path);
    const auto expected = read_run(strict, "run.csv", kApplication);
    for (const unsigned threads : {1U, 4U}) {
      RunReader fast(path);
      const auto scanned = scan_run(fast, "run.csv", kApplication, threads);
      ASSERT_TRUE(scanned);
      expect_same(*scanned, expected);
    }
  }
  std::ofstream(path) << text << text;
  RunReader joined(path);
  EXPECT_FALSE(scan_run(joined, "run.csv", kApplication, 4));
}

// Every cut and every changed byte of a run: where reading in blocks does not give up, both agree;
// and what reading line by line refuses, the other has not accepted.
TEST(RunTest, IsNeverMadeOfAFileThatTheStrictReaderRefuses) {
  const std::string whole = run_of(2);
  std::mt19937 generator(5);
  const std::string_view bytes("\0\n\r,#0-9x. ok:", 14);
  int accepted = 0;
  for (int i = 0; i < 400; ++i) {
    std::string text = whole;
    if (i % 4 == 0) {
      text.resize(generator() % (text.size() + 1));
    } else {
      for (unsigned change = 0; change <= generator() % 3; ++change) {
        text[generator() % text.size()] = bytes[generator() % bytes.size()];
      }
    }
    std::optional<tcpstep::Run> strict;
    try {
      RunReader reader = reader_of(text);
      strict = read_run(reader, "run.csv", kApplication);
    } catch (const RunFileError&) {
    }
    std::optional<tcpstep::Run> fast;
    try {
      RunReader reader = reader_of(text);
      fast = scan_run(reader, "run.csv", kApplication, 1);
    } catch (const RunFileError&) {
      EXPECT_FALSE(strict);
    }
    if (fast) {
      ASSERT_TRUE(strict) << text;
      expect_same(*fast, *strict);
      ++accepted;
    }
  }
  EXPECT_GT(accepted, 10);
}

TEST(RunTest, GivesUpOnDataAfterTheTrailerWhereverBlocksEnd) {
  const std::string whole = run_of(300);  // several blocks
  for (const std::string& more :
       {std::string("1,1,0,5,,,,,,,,,ok\n"), std::string("# remark\n"), whole}) {
    for (const unsigned threads : {1U, 3U}) {
      RunReader reader = reader_of(whole + more);
      EXPECT_FALSE(scan_run(reader, "run.csv", kApplication, threads));
    }
  }
}

TEST(RunTest, NamesTheLineOfAnErrorDeepInALargeFile) {
  const TemporaryFolder folder;
  const std::string path = folder.path() / "run.csv";
  std::string text = run_of(300);
  const std::size_t at = text.rfind("\n300,9901,") + 1;
  const auto line =
      std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n') + 1;
  text.replace(at, 3, "x00");
  std::ofstream(path) << text;
  try {
    static_cast<void>(read_run(path, kApplication, 2));
    FAIL() << "nothing was thrown";
  } catch (const RunFileError& error) {
    EXPECT_EQ(std::string(error.what()),
              fmt::format("{}:{}:1: round is 'x00', not a whole number", path, line));
  }
}

TEST(RunTest, KeepsTheSamplesOfASizeInTheOrderMeasured) {
  const std::string text = run_of(300);
  const TemporaryFolder folder;
  const std::string path = folder.path() / "run.csv";
  std::ofstream(path) << text;
  const auto in_parts = read_run(path, kApplication, 4);
  RunReader reader = reader_of(text);
  const auto by_line = read_run(reader, "run.csv", kApplication);
  for (const PayloadSize size : by_line.sizes()) {
    EXPECT_TRUE(std::ranges::equal(in_parts.samples_of(size), by_line.samples_of(size)));
  }
}

Run run_with(const std::string& facts, const std::string& rows = "1,5\n") {
  RunReader reader =
      reader_of("# format: tcpstep-result/1\n" + facts + "size_bytes,rtt_ns\n" + rows);
  return read_run(reader, "run.csv", kApplication);
}

TEST(RunTest, HasOneIdentityWhereverItsFileLies) {
  const auto run = run_with("# run_id: x\n");
  EXPECT_EQ(run.identity, run_with("# run_id: x\n# label: b\n").identity);
  EXPECT_NE(run.identity, run_with("# run_id: y\n").identity);
  const auto without_id = run_with("# link: a\n");
  EXPECT_EQ(without_id.identity, run_with("# link: a\n").identity);
  EXPECT_NE(without_id.identity, run_with("# link: b\n").identity);
  EXPECT_NE(without_id.identity, run_with("# link: a\n", "1,6\n").identity);
}

TEST(LinkKeyTest, HasANameForEachLinkDirectionAndConnection) {
  std::set<std::string> names;
  for (const char* link :
       {"lan", "lan.up", "lan.up.down", "lan.down", "lan.fresh", "lan.up.fresh"}) {
    for (const bool is_up : {false, true}) {
      for (const bool is_fresh : {false, true}) {
        names.insert(LinkKey{.link = link, .is_up = is_up, .is_fresh = is_fresh, .mss = {}}.name());
      }
    }
  }
  EXPECT_EQ(names.size(), 24U);
  EXPECT_TRUE(names.contains("lan"));
  EXPECT_EQ(run_with("# link: lan\n# direction: up\n# connection: fresh\n").key.name(),
            "lan.up.fresh");
  EXPECT_EQ(run_with("# link: lan.up\n").key.name(), "lan.up.down");
}

}  // namespace
}  // namespace tcpstep
