#include "lib/runfile/run_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <sstream>
#include <string>
#include <vector>

namespace tcpstep {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

RunReader read(const std::string& text) {
  return {ByteSource(std::make_unique<std::istringstream>(text)), "run.csv"};
}

std::vector<Row> rows_of(const std::string& text) {
  RunReader reader = read(text);
  std::vector<Row> rows;
  while (auto row = reader.next()) {
    rows.push_back(*row);
  }
  return rows;
}

std::string error_of(const std::string& text) {
  try {
    static_cast<void>(rows_of(text));
    return "no error";
  } catch (const RunFileError& error) {
    return error.what();
  }
}

const std::string kHead = "# format: tcpstep-result/1\n# link: veth\n# mss_bytes: 1448\n";
const std::string kColumns = "round,size_bytes,start_ns,rtt_ns,status\n";

TEST(RunReaderTest, FindsColumnsByNameAndIgnoresOthers) {
  const auto rows = rows_of("# format: tcpstep-result/1\nnew,rtt_ns,size_bytes\nx,900,101\n");
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].size, PayloadSize(101));
  EXPECT_EQ(rows[0].rtt, 900ns);
  EXPECT_EQ(rows[0].round, 1U);
}

TEST(RunReaderTest, FindsEveryErrorOfTheFormatIfAsked) {
  const auto error_of_all = [](const std::string& text) {
    try {
      RunReader reader(ByteSource(std::make_unique<std::istringstream>(text)), "run.csv",
                       Scrutiny::All);
      while (reader.next()) {
      }
      return std::string("no error");
    } catch (const RunFileError& error) {
      return std::string(error.what());
    }
  };
  const std::string columns = "size_bytes,rtt_ns,delivered,new,status\n";
  EXPECT_EQ(error_of_all(kHead + "# a remark, of any kind\n" + columns + "1,9,,-1.5,ok\n"),
            "no error");
  for (const char* number : {"-5", "1.5", "1e5", "+1", " 1", "99999999999999999999"}) {
    const std::string text = kHead + columns + "1,9," + number + ",x,ok\n";
    EXPECT_THAT(error_of_all(text), testing::StartsWith("run.csv:5:5: delivered is")) << number;
    EXPECT_EQ(error_of(text), "no error") << "no table needs it";
  }
  using namespace std::string_literals;
  EXPECT_THAT(error_of_all(kHead + columns + "1,9,,\0,ok\n"s), HasSubstr(":5:6: the control"));
  EXPECT_THAT(error_of_all(kHead + columns + "1,9,,,o\x1bk\n"), HasSubstr(":5:8: the control"));
  EXPECT_THAT(error_of_all(kHead + columns + "1,9,,\r,ok\n"), HasSubstr("character 0x0d"));
  EXPECT_THAT(error_of_all(kHead + "# a\tremark\n" + columns), HasSubstr(":4:4: the control"));
  EXPECT_THAT(error_of_all(kHead + "# server_cpu: a,b\n" + columns), HasSubstr("server_cpu has a"));
}

TEST(RunReaderTest, TakesAStatusOtherThanOkForALostPing) {
  const auto rows = rows_of(kHead + kColumns + "1,1,0,,timeout\n1,1,0,50,reset\n");
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_FALSE(rows[0].rtt);
  EXPECT_FALSE(rows[1].rtt);
}

TEST(RunReaderTest, DropsALastLineThatMayBeCut) {
  EXPECT_TRUE(rows_of(kHead + kColumns + "1,1,0,33900000,ok").empty());
  EXPECT_TRUE(rows_of(kHead + kColumns + "1,1,0,339").empty());
}

TEST(RunReaderTest, CallsARunWithoutTrailerPartial) {
  RunReader reader = read(kHead + kColumns + "1,1,0,50,ok\n# end: status=complete samp");
  while (reader.next()) {
  }
  EXPECT_FALSE(reader.trailer());
}

TEST(RunReaderTest, TakesAFactThatIsRepeatedOnce) {
  const RunReader reader = read(kHead + "# load: 1,5\n# load: 1,5\n" + kColumns);
  EXPECT_EQ(reader.header().find("load"), "1 5");
  EXPECT_EQ(reader.header().facts().size(), 3U);
}

TEST(RunReaderTest, ReadsTheLongestListOfSizesThatARunCanHave) {
  std::string sizes;
  for (int bytes = 1; bytes <= 46'000; ++bytes) {
    sizes += std::to_string(bytes) + ' ';
  }
  EXPECT_EQ(
      rows_of(kHead + "# resolved_sizes_bytes: " + sizes + '\n' + kColumns + "1,1,0,5,ok\n").size(),
      1U);
}

TEST(RunReaderTest, NamesTheLineAndColumnOfABadSample) {
  EXPECT_EQ(error_of(kHead + kColumns + "1,1,0,50,ok\n1,1,0,abc,ok\n"),
            "run.csv:6:7: rtt_ns is 'abc', not a whole number");
}

std::string long_header() {
  std::string text;
  for (int i = 0; i < 1000; ++i) {
    text += "# key" + std::to_string(i) + ": value\n";
  }
  return text;
}

std::string wide_header() {
  std::string text;
  for (const char* key : {"a", "b", "c", "d", "e"}) {
    text += std::string("# ") + key + ": " + std::string(500'000, 'x') + '\n';
  }
  return text;
}

struct BadFile {
  const char* name;
  std::string text;
  const char* expected;
};

void PrintTo(const BadFile& file, std::ostream* out) {
  *out << file.name;
}

class BadFiles : public testing::TestWithParam<BadFile> {};

TEST_P(BadFiles, GiveAClearError) {
  EXPECT_THAT(error_of(GetParam().text), HasSubstr(GetParam().expected));
}

INSTANTIATE_TEST_SUITE_P(
    All, BadFiles,
    testing::Values(
        BadFile{"Empty", "", "run.csv is empty"},
        BadFile{"NotOurs", "hello\n", "is not a tcpstep result file"},
        BadFile{"NoLineEnd", "hello", "is not a tcpstep result file"},
        BadFile{"Newer", "# format: tcpstep-result/2\n", "is not a tcpstep-result/1 file"},
        BadFile{"NoColumns", kHead, "ends before the names of its columns"},
        BadFile{"NoHeader", kColumns + "1,1,0,50,ok\n", "is not a tcpstep result file"},
        BadFile{"MissingColumn", kHead + "round,size_bytes,status\n", "missing column rtt_ns"},
        BadFile{"RepeatedColumn", kHead + "size_bytes,rtt_ns,rtt_ns\n", "duplicate column rtt_ns"},
        BadFile{"Nan", kHead + kColumns + "1,1,0,NaN,ok\n", "'NaN', not a whole number"},
        BadFile{"Negative", kHead + kColumns + "1,1,0,-5,ok\n", "'-5', not a whole number"},
        BadFile{"Zero", kHead + kColumns + "1,1,0,0,ok\n", "rtt_ns is 0, not 1 to"},
        BadFile{"ZeroOfTheKernel", kHead + "size_bytes,rtt_ns,kernel_rtt_ns\n1,50,0\n",
                "kernel_rtt_ns is 0, not 1 to"},
        BadFile{"Huge", kHead + kColumns + "1,1,0,99999999999999999999,ok\n",
                "rtt_ns is 9999999999"},
        BadFile{"LongRtt", kHead + kColumns + "1,1,0,86400000000001,ok\n", "not 1 to"},
        BadFile{"Exponent", kHead + kColumns + "1,1,0,1e3,ok\n", "'1e3', not a whole number"},
        BadFile{"Size", kHead + kColumns + "1,0,0,50,ok\n", "size_bytes is 0, not 1 to"},
        BadFile{"CrLf", kHead + kColumns + "1,1,0,50,ok\r\n", "ends in CR LF"},
        BadFile{"Nul", kHead + kColumns + std::string("1,1,0,5\0,ok\n", 12), "'5\\x00'"},
        BadFile{"TooFewFields", kHead + kColumns + "1,1,0\n",
                "3 fields, but the file has 5 columns"},
        BadFile{"TooManyFields", kHead + kColumns + "1,1,0,50,ok,7\n", "6 fields"},
        BadFile{"OkWithoutRtt", kHead + kColumns + "1,1,0,,ok\n", "rtt_ns is empty"},
        BadFile{"EmptyStatus", kHead + kColumns + "1,1,0,50,\n", "status is empty"},
        BadFile{"EmptyLine", kHead + kColumns + "\n", "round is ''"},
        BadFile{"MixedMss", kHead + "# mss_bytes: 1348\n" + kColumns, "mss_bytes is given twice"},
        BadFile{"BadMss", "# format: tcpstep-result/1\n# mss_bytes: 0\n" + kColumns,
                "mss_bytes is 0"},
        BadFile{"BadLink", "# format: tcpstep-result/1\n# link: ../x\n" + kColumns,
                "invalid link '../x'"},
        BadFile{"LongHeader", kHead + long_header() + kColumns, "header is longer than 1000"},
        BadFile{"WideHeader", kHead + wide_header() + kColumns, "or 2097152 bytes"},
        BadFile{"LongLine", kHead + std::string(600'000, 'x'), "longer than"},
        BadFile{"AfterTrailer",
                kHead + kColumns + "# end: status=complete samples=0 lost=0\n1,1,0,5,ok\n",
                "data after the trailer"},
        BadFile{"TwoTrailers", kHead + kColumns + "# end: samples=0\n# end: samples=0\n",
                "second trailer"},
        BadFile{"WrongCount", kHead + kColumns + "1,1,0,5,ok\n# end: samples=2 lost=0\n",
                "states 2 samples and 0 lost, but the file has 1 and 0"}),
    [](const auto& test) { return test.param.name; });

// A whole file as the server writes it: warm-up, 100 sizes, evidence, a trailer.
std::string whole_file() {
  std::ostringstream text;
  text << kHead
       << "round,size_bytes,start_ns,rtt_ns,kernel_rtt_ns,segments,retransmits,cwnd_segments,"
          "srtt_us,status\n";
  std::mt19937 generator(1);
  for (int round = 0; round <= 3; ++round) {
    for (int size = 1; size <= 9901; size += 100) {
      text << round << ',' << size << ",1000," << 10'000'000 + generator() % 1'000'000
           << ",,1,0,10,33800,ok\n";
    }
  }
  text << "# end: status=complete samples=300 lost=0 elapsed_ns=71233000123\n";
  return text.str();
}

struct Summary {
  std::size_t samples = 0;
  std::map<PayloadSize, Duration> minima;
};

Summary summarize(const std::string& text) {
  Summary summary;
  try {
    for (const Row& row : rows_of(text)) {
      if (row.round > 0 && row.rtt) {
        ++summary.samples;
        const auto [entry, is_new] = summary.minima.emplace(row.size, *row.rtt);
        entry->second = std::min(entry->second, *row.rtt);
      }
    }
  } catch (const RunFileError&) {  // cut in the header: nothing to read
  }
  return summary;
}

TEST(RunReaderTest, NeverFindsASmallerMinimumInACutFile) {
  const std::string whole = whole_file();
  const Summary truth = summarize(whole);
  ASSERT_EQ(truth.samples, 300U);
  std::vector<std::size_t> cuts;
  std::size_t begin_of_last_lines = whole.size();
  for (int lines = 0; lines < 5; ++lines) {  // the trailer and the last three rows
    begin_of_last_lines = whole.rfind('\n', begin_of_last_lines - 1);
  }
  for (std::size_t cut = begin_of_last_lines; cut <= whole.size(); ++cut) {
    cuts.push_back(cut);
  }
  std::mt19937 generator(7);
  for (int i = 0; i < 1000; ++i) {
    cuts.push_back(generator() % whole.size());
  }
  for (const std::size_t cut : cuts) {
    const Summary part = summarize(whole.substr(0, cut));
    ASSERT_LE(part.samples, truth.samples) << "cut at " << cut;
    for (const auto& [size, minimum] : part.minima) {
      ASSERT_GE(minimum, truth.minima.at(size)) << "cut at " << cut;
    }
  }
}

TEST(RunReaderTest, ReadsFilesLargerThanItsBuffer) {
  std::string text = kHead + kColumns;
  for (int i = 0; i < 100'000; ++i) {
    text += "1,1,0,50,ok\n";
  }
  EXPECT_EQ(rows_of(text).size(), 100'000U);
}

}  // namespace
}  // namespace tcpstep
