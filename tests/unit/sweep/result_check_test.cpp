#include "lib/sweep/result_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "lib/base/error.h"
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

TEST(ResultCheckTest, AcceptsOnlyCompleteFilesOfTheRun) {
  const std::set<std::string> right{"good", "limit", "empty_run", "lost", "twice", "host", "mss_1"};
  for (const auto& entry :
       std::filesystem::directory_iterator(TCPSTEP_SOURCE_DIR "/tests/fuzz/corpus/result_check")) {
    const std::string name = entry.path().filename();
    EXPECT_EQ(error_of(file(name)) == "accepted", right.contains(name))
        << name << ": " << error_of(file(name));
  }
}

TEST(ResultCheckTest, TakesTheColumnsThatBothEndsKnow) {
  const AgreedRun agreed = agreed_run(false, true);
  EXPECT_EQ(error_of(file("resent_ack"), agreed), "accepted");
  EXPECT_THAT(error_of(file("resent_ack")), StartsWith("invalid line 21 of the result"));
  EXPECT_THAT(error_of(file("good"), agreed), StartsWith("invalid line 21 of the result"));
  EXPECT_EQ(error_of(file("resent_too_often"), agreed),
            "the result has an ack that was resent 256 times");
}

TEST(ResultCheckTest, GivesTheTrailer) {
  const RunTrailer trailer = check_result(file("limit"), agreed_run());
  EXPECT_EQ(trailer.status, "limit");
  EXPECT_EQ(trailer.samples, 5U);
}

TEST(ResultCheckTest, SaysWhatIsWrong) {
  EXPECT_EQ(error_of(file("other_seed")), "the result has seed '8': expected '7'");
  EXPECT_EQ(error_of(file("round_beyond")), "the result has round 3, which is not in the sweep");
  EXPECT_EQ(error_of(file("other_size")),
            "the result has a payload of 99 bytes, which is not in the sweep");
  EXPECT_EQ(error_of(file("too_many")), "the result has too many pings in round 1");
  EXPECT_THAT(error_of(file("too_long")), HasSubstr("longer than the run took"));
  EXPECT_THAT(error_of(file("escape")), StartsWith("invalid line 4 of the result: '# tool: \\x1b"));
}

TEST(ResultCheckTest, RejectsHostNamesIfTheServerIsAnonymous) {
  AgreedRun agreed = agreed_run();
  agreed.settings.is_anonymous = true;
  EXPECT_THAT(error_of(file("host"), agreed), HasSubstr("client_host"));
}

}  // namespace
}  // namespace tcpstep
