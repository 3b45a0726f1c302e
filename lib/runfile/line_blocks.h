// Blocks of whole lines of a plain file, taken by several threads at once.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string_view>

namespace tcpstep {

class LineBlocks {
 public:
  // The lines from `offset` on, where a line begins. All blocks are taken with memory of `size`
  // bytes. Throws std::system_error if the file cannot be opened.
  LineBlocks(const std::filesystem::path& file, std::uint64_t offset, std::size_t size);
  LineBlocks(const LineBlocks&) = delete;
  LineBlocks& operator=(const LineBlocks&) = delete;
  ~LineBlocks();

  struct Block {
    std::uint64_t number = 0;  // 1, 2, … in the order of the file
    std::string_view lines;    // in `memory`; empty at the end of the file
  };

  // The next block; every line is in exactly one. What follows the last LF is in none. Nothing if a
  // line is too long for this way of reading (a 16th of the memory). Any thread may call it.
  std::optional<Block> take(std::span<char> memory);

 private:
  std::filesystem::path name_;
  int fd_;
  std::uint64_t offset_;
  std::size_t stride_;  // between the beginnings of two blocks
  std::atomic<std::uint64_t> next_{0};
};

}  // namespace tcpstep
