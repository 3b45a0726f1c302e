// What RunWriter writes, RunReader reads.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "lib/base/file.h"
#include "lib/runfile/run_reader.h"
#include "lib/runfile/run_writer.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

class RunFileTest : public testing::Test {
 protected:
  [[nodiscard]] std::string text_of(const fs::path& path) const {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }

  const TemporaryFolder folder;
  const fs::path directory = folder.path();
};

Sample sample(std::uint32_t round, std::uint32_t bytes, Duration rtt,
              PingStatus status = PingStatus::Ok) {
  return {.round = round,
          .size = PayloadSize(bytes),
          .start = 5us,
          .rtt = rtt,
          .evidence = {},
          .status = status};
}

TEST_F(RunFileTest, WritesTheDocumentedBytes) {
  RunHeader header;
  header.add("link", "veth");
  header.add("label", "");
  header.add("server_cpu", "A \"B\", C #1");
  RunWriter writer(OutputFile(directory / "run.csv"), header);
  Sample explained = sample(1, 101, 9us);
  explained.evidence = {.kernel_rtt = 5us,
                        .send_stack = 2us,
                        .segments = 1,
                        .retransmits = 0,
                        .delivered = 1,
                        .cwnd_segments = 10,
                        .srtt_us = 12,
                        .min_rtt_us = 11,
                        .doubtful = 0};
  writer.append(std::array{sample(0, 1, 20us)});
  writer.append(std::array{sample(1, 1, 10us), explained, sample(2, 1, 1s, PingStatus::Timeout)});
  const RunTrailer& trailer = writer.finish("timeout", 2s);
  EXPECT_EQ(trailer.samples, 2U);
  EXPECT_EQ(trailer.lost, 1U);
  EXPECT_EQ(text_of(directory / "run.csv"),
            "# format: tcpstep-result/1\n"
            "# link: veth\n"
            "# server_cpu: A 'B'  C  1\n"
            "round,size_bytes,start_ns,rtt_ns,kernel_rtt_ns,send_stack_ns,segments,retransmits,"
            "delivered,cwnd_segments,srtt_us,min_rtt_us,peer_retransmits,doubtful,status\n"
            "0,1,5000,20000,,,,,,,,,,,ok\n"
            "1,1,5000,10000,,,,,,,,,,,ok\n"
            "1,101,5000,9000,5000,2000,1,0,1,10,12,11,,0,ok\n"
            "2,1,5000,,,,,,,,,,,,timeout\n"
            "# end: status=timeout samples=2 lost=1 elapsed_ns=2000000000\n");
}

TEST_F(RunFileTest, CompletesTheRetransmissionsOfThePeer) {
  RunWriter writer(OutputFile(directory / "run.csv"), RunHeader());
  for (std::uint32_t round = 0; round < 4; ++round) {
    writer.append(std::array{sample(round, 1, 10us)});
  }
  writer.set_peer_retransmits(1, std::array{ResentAck{.ping = 2, .times = 3}});
  writer.finish(kComplete, 1s);
  RunReader reader(directory / "run.csv");
  EXPECT_EQ(reader.next()->peer_retransmits, std::nullopt);
  EXPECT_EQ(reader.next()->peer_retransmits, 0U);
  EXPECT_EQ(reader.next()->peer_retransmits, 3U);
  EXPECT_EQ(reader.next()->peer_retransmits, 0U);
  EXPECT_FALSE(reader.next());
  EXPECT_EQ(reader.trailer()->samples, 3U);
  const fs::directory_iterator entries(directory);
  EXPECT_EQ(std::distance(begin(entries), end(entries)), 1) << "nothing else is left behind";
}

TEST_F(RunFileTest, LeavesAFileAloneThatWasMovedDuringTheRun) {
  RunWriter writer(OutputFile(directory / "run.csv"), RunHeader());
  writer.append(std::array{sample(1, 1, 10us)});
  fs::rename(directory / "run.csv", directory / "moved.csv");
  std::ofstream(directory / "run.csv") << "precious";
  EXPECT_THROW(writer.set_peer_retransmits(0, {}), std::system_error);
  writer.finish(kComplete, 1s);
  EXPECT_EQ(text_of(directory / "run.csv"), "precious");
  EXPECT_THAT(text_of(directory / "moved.csv"), testing::HasSubstr("# end: status=complete"));
}

TEST_F(RunFileTest, HasTheOldColumnsForAPeerThatKnowsNoOthers) {
  RunWriter writer(OutputFile(directory / "run.csv"), RunHeader(), kOldRunColumns);
  writer.append(std::array{sample(1, 1, 10us)});
  writer.finish(kComplete, 1s);
  EXPECT_THAT(text_of(directory / "run.csv"),
              testing::HasSubstr("min_rtt_us,status\n1,1,5000,10000,,,,,,,,,ok\n"));
}

TEST_F(RunFileTest, HasTheTcpAckOfABrowsersKernel) {
  RunWriter writer(OutputFile(directory / "run.csv"), RunHeader(), kBrowserRunColumns);
  Sample explained = sample(1, 1501, 9us);
  explained.evidence.kernel_rtt = 8us;
  explained.evidence.tcp_ack = 5us;
  writer.append(std::array{sample(1, 1, 10us), explained});
  writer.finish(kComplete, 1s);
  EXPECT_THAT(text_of(directory / "run.csv"),
              testing::HasSubstr("peer_retransmits,doubtful,tcp_ack_ns,status\n"
                                 "1,1,5000,10000,,,,,,,,,,,,ok\n"
                                 "1,1501,5000,9000,8000,,,,,,,,,,5000,ok\n"));
  RunReader reader(directory / "run.csv");
  EXPECT_EQ(reader.next()->rtt, 10us);
  EXPECT_EQ(reader.next()->size, PayloadSize(1501));
}

TEST_F(RunFileTest, ReadsBackWhatItWrote) {
  RunHeader header;
  header.add("link", "veth");
  header.add("mss_bytes", 1448);
  RunWriter writer(OutputFile(directory / "run.csv"), header);
  writer.append(std::array{sample(1, 1, 10us), sample(1, 101, 11us)});
  writer.finish(kComplete, 1s);

  RunReader reader(directory / "run.csv");
  EXPECT_EQ(reader.header().link(), "veth");
  EXPECT_EQ(reader.header().mss(), Mss(1448));
  const auto first = reader.next();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->round, 1U);
  EXPECT_EQ(first->size, PayloadSize(1));
  EXPECT_EQ(first->rtt, 10us);
  EXPECT_EQ(first->start, 5us);
  EXPECT_EQ(reader.next()->size, PayloadSize(101));
  EXPECT_FALSE(reader.next());
  ASSERT_TRUE(reader.trailer());
  EXPECT_EQ(reader.trailer()->status, kComplete);
  EXPECT_EQ(reader.trailer()->elapsed, 1s);
}

TEST_F(RunFileTest, NeverWritesOverAnExistingFile) {
  std::ofstream(directory / "run.csv") << "precious";
  EXPECT_THROW(OutputFile(directory / "run.csv"), std::system_error);
  EXPECT_EQ(text_of(directory / "run.csv"), "precious");
}

TEST_F(RunFileTest, LeavesNoEmptyFileBehind) {
  { const OutputFile file(directory / "run.csv"); }
  EXPECT_FALSE(fs::exists(directory / "run.csv"));
}

TEST_F(RunFileTest, FindsAFreeNameForTwoRunsInOneSecond) {
  OutputFile first = create_run_file(directory, "veth", "a");
  OutputFile second = create_run_file(directory, "veth", "a");
  EXPECT_NE(first.path(), second.path());
  EXPECT_THAT(first.path().filename().string(),
              testing::MatchesRegex("[0-9]+T[0-9]+Z_veth_a(-2)?\\.csv"));
}

}  // namespace
}  // namespace tcpstep
