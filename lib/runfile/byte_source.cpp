#include "lib/runfile/byte_source.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <istream>
#include <string_view>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/fd.h"

namespace tcpstep {
namespace {

// RTTs are noise: the best compressor makes a result file about ten times smaller.
constexpr std::uint64_t kMostExpansion = 50;
constexpr std::uint64_t kSmallArchive = std::uint64_t{1} << 20U;  // expanded; may be anything

}  // namespace

// The file itself. Its first bytes were read to learn what it is, and come first.
struct ByteSource::File {
  explicit File(const std::filesystem::path& path) : name(path.string()) {
    const bool is_input = path == kStandardInput;
    fd = Fd(check_syscall(is_input ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                                   : ::open(path.c_str(), O_RDONLY | O_CLOEXEC),
                          "open {}", name));
    struct stat status {};
    check_syscall(::fstat(fd.get(), &status), "open {}", name);
    if (S_ISDIR(status.st_mode)) {
      throw_system_error(EISDIR, "open " + name);
    }
    is_regular = S_ISREG(status.st_mode);
    bytes = static_cast<std::uint64_t>(status.st_size);
    while (count < begin.size()) {
      const std::size_t got = read_more(begin.data() + count, begin.size() - count);
      if (got == 0) {
        break;
      }
      count += got;
    }
  }

  // Up to `size` bytes, 0 at the end.
  std::size_t read(char* to, std::size_t size) {
    const std::size_t first = std::min(size, count - used);
    if (first == 0) {
      return read_more(to, size);
    }
    std::memcpy(to, begin.data() + used, first);
    used += first;
    return first;
  }

  std::size_t read_more(char* to, std::size_t size) {
    ssize_t got = 0;
    do {
      got = ::read(fd.get(), to, size);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
      throw_system_error(errno, "read " + name);
    }
    return static_cast<std::size_t>(got);
  }

  std::string name;
  Fd fd;
  bool is_regular = false;
  std::uint64_t bytes = 0;  // of a regular file
  std::array<char, Archive::kMagicBytes> begin{};
  std::size_t count = 0;
  std::size_t used = 0;
};

ByteSource::ByteSource(const std::filesystem::path& path)
    : name_(path.string()), file_(std::make_shared<File>(path)) {
  const auto kind = Archive::kind_of({file_->begin.data(), file_->count});
  if (!kind) {
    return;
  }
  if (file_->is_regular) {
    allowance_ = kSmallArchive + kMostExpansion * file_->bytes;
  }
  archive_ = std::make_unique<Archive>(
      *kind, name_, [file = file_](char* to, std::size_t size) { return file->read(to, size); });
}

ByteSource::ByteSource(std::unique_ptr<std::istream> stream) : stream_(std::move(stream)) {}
ByteSource::ByteSource(ByteSource&&) noexcept = default;
ByteSource& ByteSource::operator=(ByteSource&&) noexcept = default;
ByteSource::~ByteSource() = default;

int ByteSource::plain_file() const {
  return file_ && file_->is_regular && !archive_ ? file_->fd.get() : -1;
}

std::size_t ByteSource::read(std::span<char> buffer) {
  if (stream_) {
    stream_->read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    return static_cast<std::size_t>(stream_->gcount());
  }
  if (!archive_) {
    return file_->read(buffer.data(), buffer.size());
  }
  const std::size_t bytes = archive_->read(buffer);
  if (bytes > allowance_) {
    throw WorldError(
        fmt::format("{} expands to more than {} times its size", name_, kMostExpansion),
        "No result file compresses so well. If you trust it, decompress it first.");
  }
  allowance_ -= bytes;
  return bytes;
}

}  // namespace tcpstep
