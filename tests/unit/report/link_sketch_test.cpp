// The fast way to read a run and the strict one are the same.
#include "lib/report/link_sketch.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <random>
#include <sstream>
#include <string>

#include "lib/report/penalty_table.h"
#include "lib/report/render.h"
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
      text += fmt::format("{},{},{},{},{},7,{},{},5,10,33,1,{}\n", round, size, samples * 20'000,
                          is_lost ? "" : std::to_string(rtt), rtt % 3 == 0 ? "" : "700",
                          1 + size / 1448, rtt % 100 == 0 ? 1 : 0, is_lost ? "timeout" : "ok");
      samples += round > 0 && !is_lost ? 1 : 0;
      lost += round > 0 && is_lost ? 1 : 0;
    }
  }
  return text +
         fmt::format("# end: status=complete samples={} lost={} elapsed_ns=9\n", samples, lost);
}

void expect_same(const LinkSketch& one, const LinkSketch& other) {
  EXPECT_EQ(one.link, other.link);
  EXPECT_EQ(one.mss, other.mss);
  EXPECT_EQ(one.runs, other.runs);
  EXPECT_EQ(one.partial_runs, other.partial_runs);
  EXPECT_EQ(one.lost, other.lost);
  EXPECT_EQ(one.retransmitted, other.retransmitted);
  EXPECT_EQ(one.unstamped, other.unstamped);
  ASSERT_EQ(one.series.size(), other.series.size());
  for (const auto& [size, sketch] : one.series) {
    const SampleSketch& same = other.series.at(size);
    ASSERT_EQ(sketch.size(), same.size());
    for (const char* word : {"min", "mean", "p1", "median", "p99.9"}) {
      EXPECT_EQ(Statistic::parse(word)->of_sketch(sketch), Statistic::parse(word)->of_sketch(same))
          << word;
    }
  }
}

TEST(LinkSketchTest, IsTheSameHoweverItIsRead) {
  for (const std::uint32_t rounds : {1U, 20U, 300U}) {
    const std::string text = run_of(rounds);
    for (const RttClock clock : {RttClock::Application, RttClock::Kernel}) {
      RunReader strict = reader_of(text);
      const LinkSketch expected = read_sketch_strictly(strict, clock);
      EXPECT_GT(expected.retransmitted, 0U);
      for (const unsigned threads : {1U, 2U, 5U}) {
        RunReader fast = reader_of(text);
        const auto scanned = scan_sketch(fast, clock, threads);
        ASSERT_TRUE(scanned);
        expect_same(*scanned, expected);
      }
    }
  }
}

// Tests run side by side, each in a process.
std::string file_of_this_process() {
  return fmt::format("{}link_sketch_test_{}.csv", testing::TempDir(), ::getpid());
}

TEST(LinkSketchTest, IsTheSameOfAFileThatThreadsReadInParts) {
  const std::string path = file_of_this_process();
  std::string text = run_of(300);  // 1.3 MB
  text.insert(text.find("\n150,") + 1, "# remark\n");
  for (const std::size_t cut :
       {std::size_t{0}, std::size_t{30}, std::size_t{70}, text.size() / 2}) {
    std::ofstream(path) << text.substr(0, text.size() - cut);
    RunReader strict(path);
    const LinkSketch expected = read_sketch_strictly(strict, kApplication);
    for (const unsigned threads : {1U, 4U}) {
      RunReader fast(path);
      const auto scanned = scan_sketch(fast, kApplication, threads, path);
      ASSERT_TRUE(scanned);
      expect_same(*scanned, expected);
    }
  }
  std::ofstream(path) << text << text;
  RunReader joined(path);
  EXPECT_FALSE(scan_sketch(joined, kApplication, 4, path));
}

TEST(LinkSketchTest, HasTheTableOfTheSamplesThemselves) {
  const std::string text = run_of(30);
  RunReader one = reader_of(text);
  RunReader other = reader_of(text);
  RunCollection runs;
  runs.add(one);
  const LinkSketch sketch = *scan_sketch(other, kApplication, 2);
  for (const char* word : {"min", "mean", "median", "p90"}) {
    const Statistic statistic = *Statistic::parse(word);
    EXPECT_EQ(render_json(std::array{penalty_table(sketch, statistic)}),
              render_json(std::array{penalty_table(runs.links()[0], statistic)}));
  }
}

TEST(LinkSketchTest, SaysHowFarAQuantileOfManySamplesMayBeOff) {
  LinkSketch link;
  link.mss = Mss(1448);
  for (int i = 0; i < 5000; ++i) {
    link.series[PayloadSize(1)].add(Duration(1000 + i));
  }
  EXPECT_THAT(render_text(std::array{penalty_table(link, *Statistic::parse("median"))}),
              HasSubstr("median of each size within 0.4 %"));
  EXPECT_THAT(render_text(std::array{penalty_table(link, Statistic::minimum())}),
              testing::Not(HasSubstr("within")));
}

// Every cut and every changed byte of a run: where RowScanner does not give up, both agree; and
// where RunReader fails, RowScanner has given up.
TEST(LinkSketchTest, IsNeverMadeOfAFileThatTheStrictReaderRefuses) {
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
    std::optional<LinkSketch> strict;
    try {
      RunReader reader = reader_of(text);
      strict = read_sketch_strictly(reader, kApplication);
    } catch (const RunFileError&) {
    }
    std::optional<LinkSketch> fast;
    try {
      RunReader reader = reader_of(text);
      fast = scan_sketch(reader, kApplication, 1);
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

TEST(LinkSketchTest, GivesUpOnDataAfterTheTrailerWhereverBlocksEnd) {
  const std::string whole = run_of(300);  // several blocks
  for (const std::string& more :
       {std::string("1,1,0,5,,,,,,,,,ok\n"), std::string("# remark\n"), whole}) {
    for (const unsigned threads : {1U, 3U}) {
      RunReader reader = reader_of(whole + more);
      EXPECT_FALSE(scan_sketch(reader, kApplication, threads));
    }
  }
}

TEST(LinkSketchTest, NamesTheLineOfAnErrorDeepInALargeFile) {
  const std::string path = file_of_this_process();
  std::string text = run_of(300);
  const std::size_t at = text.rfind("\n300,9901,") + 1;
  const auto line =
      std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n') + 1;
  text.replace(at, 3, "x00");
  std::ofstream(path) << text;
  try {
    static_cast<void>(read_sketch(path, kApplication, 2));
    FAIL() << "nothing was thrown";
  } catch (const RunFileError& error) {
    EXPECT_EQ(std::string(error.what()),
              fmt::format("{}:{}:1: round is 'x00', not a whole number", path, line));
  }
}

TEST(SketchCollectionTest, BringsRunsTogetherByLinkAndMss) {
  SketchCollection links;
  for (const char* mss : {"1448", "1348", "1448"}) {
    RunReader reader = reader_of(run_of(3, mss));
    links.add(*scan_sketch(reader, kApplication, 1));
  }
  ASSERT_EQ(links.links().size(), 2U);
  EXPECT_EQ(links.links()[0].runs, 2U);
  EXPECT_EQ(links.links()[0].samples(), 2 * links.links()[1].samples());
}

TEST(SketchCollectionTest, KnowsInWhichFactsRunsVaryAndAllTheirWarnings) {
  SketchCollection links;
  for (const char* more :
       {"# server_os: a\n# warnings: governor load", "# server_os: b\n# warnings: load vm"}) {
    RunReader reader = reader_of(std::string("# format: tcpstep-result/1\n# link: x\n") + more +
                                 "\nsize_bytes,rtt_ns\n1,5\n");
    links.add(*scan_sketch(reader, kApplication, 1));
  }
  const LinkSketch& link = links.links()[0];
  EXPECT_EQ(link.varying, (std::set<std::string>{"server_os", "warnings"}));
  EXPECT_EQ(link.warnings, (std::set<std::string>{"governor", "load", "vm"}));
}

}  // namespace
}  // namespace tcpstep
