#include "lib/runfile/byte_source.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/iostreams/concepts.hpp>
#include <boost/iostreams/filter/gzip.hpp>
#include <boost/iostreams/filter/zstd.hpp>
#include <boost/iostreams/filtering_stream.hpp>
#include <cerrno>
#include <cstring>
#include <istream>
#include <string_view>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/fd.h"
#include "lib/runfile/zstd_frames.h"

namespace tcpstep {
namespace {

namespace io = boost::iostreams;

// RTTs are noise: the best compressor makes a result file about ten times smaller.
constexpr std::uint64_t kMostExpansion = 50;
constexpr std::streamsize kChunk = std::streamsize{128} * 1024;  // Boost's own 4 KiB are slower
constexpr std::streamsize kStep = 4096;  // what a damaged archive loses at most before its end
constexpr std::uint64_t kSmallArchive = std::uint64_t{1} << 20U;  // expanded; may be anything
constexpr std::string_view kGzip = "\x1F\x8B";
constexpr std::string_view kZstd = "\x28\xB5\x2F\xFD";

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
    is_at_end = got == 0;
    return static_cast<std::size_t>(got);
  }

  // Has the end of the file been read, within an archive's last frame?
  [[nodiscard]] bool ends_within_frame() const { return is_at_end && !frames.is_between_frames(); }

  [[nodiscard]] bool starts_with(std::string_view text) const {
    return std::string_view(begin.data(), count).starts_with(text);
  }

  std::string name;
  Fd fd;
  bool is_regular = false;
  std::uint64_t bytes = 0;  // of a regular file
  std::array<char, kZstd.size()> begin{};
  std::size_t count = 0;
  std::size_t used = 0;
  bool is_at_end = false;
  ZstdFrames frames;  // if it is such an archive
};

ByteSource::ByteSource(const std::filesystem::path& path)
    : name_(path.string()), file_(std::make_shared<File>(path)) {
  const bool is_gzip = file_->starts_with(kGzip);
  is_compressed_ = is_gzip || file_->starts_with(kZstd);
  if (!is_compressed_) {
    return;
  }
  is_zstd_ = !is_gzip;
  if (file_->is_regular) {
    allowance_ = kSmallArchive + kMostExpansion * file_->bytes;
  }
  // A copyable view of the file, as Boost wants it.
  struct Device : io::source {
    Device(std::shared_ptr<File> from, bool zstd) : file(std::move(from)), is_zstd(zstd) {}
    std::streamsize read(char* to, std::streamsize size) {
      const std::size_t got = file->read(to, static_cast<std::size_t>(size));
      if (is_zstd) {
        file->frames.add({to, got});
      }
      return got == 0 ? -1 : static_cast<std::streamsize>(got);
    }
    std::shared_ptr<File> file;
    bool is_zstd;
  };
  auto chain = std::make_unique<io::filtering_istream>();
  if (is_gzip) {
    chain->push(io::gzip_decompressor(io::zlib::default_window_bits, kChunk), kStep);
  } else {
    chain->push(io::zstd_decompressor(kChunk), kStep);
  }
  chain->push(Device(file_, is_zstd_), kChunk);
  chain->exceptions(std::ios::badbit);  // passes on what a decompressor throws
  stream_ = std::move(chain);
}

ByteSource::ByteSource(std::unique_ptr<std::istream> stream) : stream_(std::move(stream)) {}
ByteSource::ByteSource(ByteSource&&) noexcept = default;
ByteSource& ByteSource::operator=(ByteSource&&) noexcept = default;
ByteSource::~ByteSource() = default;

int ByteSource::plain_file() const {
  return file_ && file_->is_regular && !is_compressed_ ? file_->fd.get() : -1;
}

// The step in which a decompressor fails gives nothing; the steps before it are good.
std::size_t ByteSource::decompress(std::span<char> buffer) {
  std::size_t bytes = 0;
  const auto fail = [&](const std::string& why, const std::string& hint) {
    throw WorldError(fmt::format("{} is damaged: {}", name_, why), hint);
  };
  constexpr const char* kHint = "None of it can be trusted. Fetch it again.";
  try {
    while (bytes < buffer.size() && *stream_) {
      const std::size_t wanted = std::min<std::size_t>(kStep, buffer.size() - bytes);
      stream_->read(buffer.data() + bytes, static_cast<std::streamsize>(wanted));
      bytes += static_cast<std::size_t>(stream_->gcount());
    }
    is_cut_ = is_cut_ || (is_zstd_ && file_->ends_within_frame());
  } catch (const io::gzip_error& error) {
    const bool is_early =
        error.error() == io::gzip::bad_footer || error.zlib_error_code() == io::zlib::buf_error;
    if (!is_early || !file_->is_at_end) {
      fail(error.error() == io::gzip::bad_crc ? "its checksum is wrong" : "it is no gzip archive",
           kHint);
    }
    is_cut_ = true;
  } catch (const io::zstd_error& error) {
    constexpr int kTooMuchMemory = -16;  // ZSTD_error_frameParameter_windowTooLarge
    if (error.error() == kTooMuchMemory) {
      fail("its window is larger than 128 MiB", "Decompress it first: zstd -d --long=31");
    }
    fail("its checksum or a part of it is wrong", kHint);
  }
  return bytes;
}

std::size_t ByteSource::read(std::span<char> buffer) {
  if (!stream_) {
    return file_->read(buffer.data(), buffer.size());
  }
  const std::size_t bytes = is_compressed_ ? decompress(buffer) : [&] {
    stream_->read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    return static_cast<std::size_t>(stream_->gcount());
  }();
  if (bytes > allowance_) {
    throw WorldError(
        fmt::format("{} expands to more than {} times its size", name_, kMostExpansion),
        "No result file compresses so well. If you trust it, decompress it first.");
  }
  allowance_ -= bytes;
  return bytes;
}

}  // namespace tcpstep
