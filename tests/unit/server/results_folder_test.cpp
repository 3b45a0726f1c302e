#include "server/results_folder.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <thread>

#include "lib/base/file.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kAny = std::uint64_t{1} << 60U;

void write(const std::filesystem::path& path, std::size_t bytes) {
  std::ofstream(path) << std::string(bytes, 'x');
}

TEST(ResultsFolderTest, IsFullByWhatItHeldAtTheStart) {
  const TemporaryFolder folder;
  write(folder.path() / "a.csv", 100'000);
  EXPECT_FALSE(ResultsFolder(folder.path(), kAny, 0).why_full());
  const auto reason = ResultsFolder(folder.path(), 100'000, 0).why_full();
  ASSERT_TRUE(reason);
  EXPECT_NE(reason->find("--max-results"), std::string::npos);
}

TEST(ResultsFolderTest, CountsWhatRunsReportWithoutReadingAgain) {
  const TemporaryFolder folder;
  ResultsFolder results(folder.path(), 100'000, 0);
  results.note_run(99'999);
  EXPECT_FALSE(results.why_full());
  results.note_run(1);
  EXPECT_TRUE(results.why_full());
}

TEST(ResultsFolderTest, IsReadAgainAfterASecondIfItSeemsFull) {
  const TemporaryFolder folder;
  ResultsFolder results(folder.path(), 100'000, 0);
  results.note_run(100'000);  // and moved away since
  EXPECT_TRUE(results.why_full());
  std::this_thread::sleep_for(1100ms);
  EXPECT_FALSE(results.why_full());
}

TEST(ResultsFolderTest, IsReadASmallPartOfTheTimeHoweverLargeItIs) {
  const TemporaryFolder folder;
  for (int i = 0; i < 2000; ++i) {
    write(folder.path() / std::to_string(i), 0);
  }
  ResultsFolder results(folder.path(), 1 << 30U, 0, 0s);
  results.note_run(1 << 30U);
  EXPECT_TRUE(results.why_full()) << "it was read just now";
  while (results.why_full()) {
    std::this_thread::sleep_for(1ms);
  }
}

TEST(ResultsFolderTest, IsReadAgainAfterARunThatDied) {
  const TemporaryFolder folder;
  ResultsFolder results(folder.path(), 100'000, 0);
  write(folder.path() / "a.csv", 100'000);
  results.note_run(std::nullopt);
  std::this_thread::sleep_for(1100ms);
  EXPECT_TRUE(results.why_full());
}

TEST(ResultsFolderTest, CountsFilesOnly) {
  const TemporaryFolder folder;
  write(folder.path() / "a.csv", 1);
  std::filesystem::create_symlink("/dev/zero", folder.path() / "link");
  EXPECT_GT(bytes_on_disk(folder.path() / "a.csv"), 0);
  EXPECT_EQ(bytes_on_disk(folder.path() / "link"), std::nullopt);
  EXPECT_EQ(bytes_on_disk(folder.path() / "none"), std::nullopt);
}

TEST(ResultsFolderTest, KeepsSpaceFree) {
  const TemporaryFolder folder;
  const auto reason = ResultsFolder(folder.path(), kAny, kAny).why_full();
  ASSERT_TRUE(reason);
  EXPECT_NE(reason->find("--min-free"), std::string::npos);
}

}  // namespace
}  // namespace tcpstep
