#include "lib/runfile/line_blocks.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <random>
#include <string>
#include <vector>

namespace tcpstep {
namespace {

std::string write(const std::string& text) {
  const std::string path =
      testing::TempDir() + "line_blocks_test_" + std::to_string(::getpid()) + ".csv";
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

// What all blocks hold together; nothing if one could not be taken.
std::optional<std::string> read_all(const std::string& path, std::size_t size) {
  LineBlocks blocks(path, 2, size);
  std::vector<char> memory(size);
  std::string text;
  for (std::uint64_t number = 1;; ++number) {
    const auto block = blocks.take(memory);
    if (!block) {
      return std::nullopt;
    }
    EXPECT_EQ(block->number, number);
    if (block->lines.empty()) {
      return text;
    }
    EXPECT_EQ(block->lines.back(), '\n');
    text += block->lines;
  }
}

TEST(LineBlocksTest, HoldEveryWholeLineOnceWhereverTheyEnd) {
  std::mt19937 generator(1);
  for (int lines = 0; lines < 40; ++lines) {
    std::string text;
    for (int i = 0; i < lines; ++i) {
      text += std::string(generator() % 6, 'x') + '\n';
    }
    for (const char* tail : {"", "y", "yyyyy"}) {
      const std::string path = write("#\n" + text + tail);
      for (std::size_t size = 112; size < 144; ++size) {
        ASSERT_EQ(read_all(path, size), text) << size;
      }
    }
  }
}

TEST(LineBlocksTest, GiveUpOnALongLineOrHoldIt) {
  int held = 0;
  for (std::size_t before = 0; before < 300; ++before) {
    for (const std::size_t length : {20U, 200U}) {
      const std::string text =
          std::string(before, '\n') + std::string(length, 'x') + '\n' + std::string(99, '\n');
      const auto read = read_all(write("#\n" + text), 128);
      if (read) {
        ASSERT_EQ(*read, text);
        ASSERT_EQ(length, 20U);
        ++held;
      }
    }
  }
  EXPECT_GT(held, 0);
}

TEST(LineBlocksTest, NameAFileThatIsNotThere) {
  EXPECT_THROW(LineBlocks("/nonexistent/file.csv", 1, 1024), std::system_error);
}

}  // namespace
}  // namespace tcpstep
