#include "lib/runfile/line_blocks.h"

#include <fcntl.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>

#include "lib/base/error.h"

namespace tcpstep {

LineBlocks::LineBlocks(const std::filesystem::path& file, std::uint64_t offset, std::size_t size)
    : name_(file),
      fd_(check_syscall(::open(file.c_str(), O_RDONLY | O_CLOEXEC), "open {}", file.string())),
      offset_(offset),
      stride_(size - size / 16) {
  assert(offset > 0 && stride_ > 0);
}

LineBlocks::~LineBlocks() {
  ::close(fd_);
}

// A block has the lines that begin in its stride. The LF before the first of them is looked for
// from the last byte of the stride before on, where that block looks for its end: both find the
// same LF.
std::optional<LineBlocks::Block> LineBlocks::take(std::span<char> memory) {
  const std::uint64_t number = next_++;
  const std::uint64_t begin = offset_ + number * stride_ - 1;
  std::size_t bytes = 0;
  while (bytes < memory.size()) {
    const ssize_t got = ::pread(fd_, memory.data() + bytes, memory.size() - bytes,
                                static_cast<off_t>(begin + bytes));
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (check_syscall(got, "read {}", name_.string()) == 0) {
      break;
    }
    bytes += static_cast<std::size_t>(got);
  }
  const bool is_at_end = bytes < memory.size();
  const std::string_view read(memory.data(), bytes);
  const std::size_t before = read.find('\n');
  const std::size_t last = bytes > stride_ ? read.find('\n', stride_) : std::string_view::npos;
  const bool is_too_long = before == std::string_view::npos ? !is_at_end : before >= stride_;
  if (is_too_long || (last == std::string_view::npos && !is_at_end)) {
    return std::nullopt;
  }
  Block block{.number = number + 1, .lines = {}};
  if (before != std::string_view::npos) {  // a line begins here, but it may be cut off
    const std::size_t end = last == std::string_view::npos ? read.rfind('\n') : last;
    block.lines = read.substr(before + 1, end - before);
  }
  return block;
}

}  // namespace tcpstep
