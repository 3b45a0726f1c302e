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

TEST(ResultCheckTest, AcceptsWholeFilesOfTheRunAndNothingElse) {
  const std::set<std::string> right{"good", "limit", "empty_run", "lost", "twice", "host", "mss_1"};
  for (const auto& entry :
       std::filesystem::directory_iterator(TCPSTEP_SOURCE_DIR "/tests/fuzz/corpus/result_check")) {
    const std::string name = entry.path().filename();
    EXPECT_EQ(error_of(file(name)) == "accepted", right.contains(name))
        << name << ": " << error_of(file(name));
  }
}

TEST(ResultCheckTest, GivesTheTrailer) {
  const RunTrailer trailer = check_result(file("limit"), agreed_run());
  EXPECT_EQ(trailer.status, "limit");
  EXPECT_EQ(trailer.samples, 5U);
}

TEST(ResultCheckTest, SaysWhatIsWrong) {
  EXPECT_EQ(error_of(file("other_seed")), "seed of the result is '8', not '7'");
  EXPECT_EQ(error_of(file("round_beyond")), "round 3 of the result is none of the sweep's");
  EXPECT_EQ(error_of(file("other_size")),
            "the result has a payload of 99 bytes, which the sweep has not");
  EXPECT_EQ(error_of(file("too_many")), "round 1 of the result has too many pings");
  EXPECT_THAT(error_of(file("too_long")), HasSubstr("which cannot be"));
  EXPECT_THAT(error_of(file("escape")), StartsWith("line 4 of the result is '# tool: \\x1b"));
}

TEST(ResultCheckTest, LetsNoHostIntoTheFilesOfAnAnonymousServer) {
  AgreedRun agreed = agreed_run();
  agreed.settings.is_anonymous = true;
  EXPECT_THAT(error_of(file("host"), agreed), HasSubstr("client_host"));
}

}  // namespace
}  // namespace tcpstep
