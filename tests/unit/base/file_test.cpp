#include "lib/base/file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <system_error>

#include "lib/base/error.h"

namespace tcpstep {
namespace {

namespace fs = std::filesystem;

TEST(FileTest, ReadsBackWhatItWrote) {
  const TemporaryFolder folder;
  const std::string bytes(200'000, 'x');
  replace_file_soon(folder.path() / "file", "before");
  EXPECT_EQ(read_file(folder.path() / "file"), "before");
  replace_file(folder.path() / "file", bytes);
  EXPECT_EQ(read_file(folder.path() / "file"), bytes);
}

TEST(FileTest, ReplacementKeepsTheMode) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "file";
  replace_file(file, "old", 0600);
  replace_file(file, "new");
  struct stat facts {};
  ASSERT_EQ(::stat(file.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777U, 0600U);
  EXPECT_EQ(read_file(file), "new");
}

TEST(FileTest, ReplacementFollowsASymbolicLink) {
  const TemporaryFolder folder;
  replace_file(folder.path() / "real", "old");
  fs::create_symlink("real", folder.path() / "link");
  replace_file(folder.path() / "link", "new");
  EXPECT_TRUE(fs::is_symlink(folder.path() / "link"));
  EXPECT_EQ(read_file(folder.path() / "real"), "new");
}

TEST(FileTest, AFailedReplacementLeavesNothingBehind) {
  const TemporaryFolder folder;
  fs::create_directory(folder.path() / "taken");
  EXPECT_THROW(replace_file(folder.path() / "taken", "new"), std::system_error);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()), 1);
}

TEST(FileTest, AFailedReadIsAnError) {
  const TemporaryFolder folder;
  EXPECT_THROW(static_cast<void>(read_file(folder.path())), std::system_error);
  EXPECT_THROW(static_cast<void>(read_file(folder.path() / "missing")), std::system_error);
}

TEST(FileTest, ReadsAPipe) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  const Fd output(ends[0]);
  {
    const Fd input(ends[1]);
    write_all(input, "through a pipe", "the pipe");
  }
  EXPECT_EQ(read_all(output, "the pipe"), "through a pipe");
}

TEST(FileTest, RefusesMoreThanTheLimit) {
  const TemporaryFolder folder;
  replace_file(folder.path() / "file", "12345");
  EXPECT_EQ(read_file(folder.path() / "file", 5), "12345");
  EXPECT_THROW(static_cast<void>(read_file(folder.path() / "file", 4)), std::system_error);
}

TEST(FileTest, TemporaryFoldersOfTheDeadAreRemoved) {
  const TemporaryFolder folder;
  const fs::path parent = folder.path() / "parent";
  fs::create_directories(parent / ".tcpstep-unfinished-abandoned");
  fs::create_directories(parent / "tcpstep-results");
  const TemporaryFolder living(parent);
  const TemporaryFolder other(parent);
  EXPECT_FALSE(fs::exists(parent / ".tcpstep-unfinished-abandoned"));
  EXPECT_TRUE(fs::exists(parent / "tcpstep-results"));  // not ours
  EXPECT_TRUE(fs::exists(living.path()));
}

}  // namespace
}  // namespace tcpstep
