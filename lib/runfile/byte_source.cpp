#include "lib/runfile/byte_source.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <boost/iostreams/filter/gzip.hpp>
#include <boost/iostreams/filter/zstd.hpp>
#include <boost/iostreams/filtering_stream.hpp>
#include <cerrno>
#include <fstream>
#include <istream>
#include <utility>

#include "lib/base/error.h"

namespace tcpstep {
namespace {

namespace io = boost::iostreams;

// RTTs are noise: the best compressor makes a result file about ten times smaller.
constexpr std::uint64_t kMostExpansion = 50;
constexpr std::streamsize kChunk = std::streamsize{128} * 1024;  // Boost's own 4 KiB are slower
constexpr std::streamsize kStep = 4096;  // what a damaged archive loses at most before its end
constexpr std::uint64_t kSmallArchive = std::uint64_t{1} << 20U;  // expanded; may be anything

std::unique_ptr<std::istream> open(const std::filesystem::path& path) {
  auto file = std::make_unique<std::ifstream>(path, std::ios::binary);
  struct stat status {};
  if (!*file || ::stat(path.c_str(), &status) != 0) {
    throw_system_error(errno, "open " + path.string());
  }
  if (S_ISDIR(status.st_mode)) {
    throw_system_error(EISDIR, "open " + path.string());
  }
  const auto decompressed_by = [&](auto filter) {
    // The chain holds a reference; the pair keeps the file alive as long as the chain.
    struct Chain : std::unique_ptr<std::ifstream>, io::filtering_istream {
      explicit Chain(std::unique_ptr<std::ifstream> owned)
          : std::unique_ptr<std::ifstream>(std::move(owned)) {}
    };
    std::ifstream& source = *file;
    auto chain = std::make_unique<Chain>(std::move(file));
    chain->push(filter, kStep);
    chain->push(source, kChunk);
    return chain;
  };
  if (path.extension() == ".gz") {
    return decompressed_by(io::gzip_decompressor(io::zlib::default_window_bits, kChunk));
  }
  if (path.extension() == ".zst") {
    return decompressed_by(io::zstd_decompressor(kChunk));
  }
  return file;
}

}  // namespace

bool is_compressed(const std::filesystem::path& path) {
  return path.extension() == ".gz" || path.extension() == ".zst";
}

ByteSource::ByteSource(const std::filesystem::path& path)
    : stream_(open(path)), name_(path.string()), is_compressed_(is_compressed(path)) {
  if (is_compressed_ && std::filesystem::is_regular_file(path)) {
    allowance_ = kSmallArchive + kMostExpansion * std::filesystem::file_size(path);
  }
}
ByteSource::ByteSource(std::unique_ptr<std::istream> stream) : stream_(std::move(stream)) {}
ByteSource::ByteSource(ByteSource&&) noexcept = default;
ByteSource& ByteSource::operator=(ByteSource&&) noexcept = default;
ByteSource::~ByteSource() = default;

std::size_t ByteSource::read(std::span<char> buffer) {
  // A decompressor's exception ends up as badbit, and the step in which it happens gives nothing:
  // the steps before it are good.
  const std::size_t step = is_compressed_ ? kStep : buffer.size();
  std::size_t bytes = 0;
  while (bytes < buffer.size() && *stream_) {
    const std::size_t wanted = std::min(step, buffer.size() - bytes);
    stream_->read(buffer.data() + bytes, static_cast<std::streamsize>(wanted));
    bytes += static_cast<std::size_t>(stream_->gcount());
  }
  is_damaged_ = is_damaged_ || stream_->bad();
  if (bytes > allowance_) {
    throw WorldError(
        fmt::format("{} expands to more than {} times its size", name_, kMostExpansion),
        "No result file compresses so well. If you trust it, decompress it first.");
  }
  allowance_ -= bytes;
  return bytes;
}

}  // namespace tcpstep
