#include "lib/runfile/archive.h"

#include "lib/base/error.h"

#ifdef TCPSTEP_HAS_ARCHIVES

#include <fmt/format.h>

#include <algorithm>
#include <boost/iostreams/concepts.hpp>
#include <boost/iostreams/filter/gzip.hpp>
#include <boost/iostreams/filter/zstd.hpp>
#include <boost/iostreams/filtering_stream.hpp>
#include <utility>

#include "lib/runfile/zstd_frames.h"

#endif

namespace tcpstep {

std::optional<Archive::Kind> Archive::kind_of(std::string_view first_bytes) {
  if (first_bytes.starts_with("\x1F\x8B")) {
    return Kind::Gzip;
  }
  return first_bytes.starts_with("\x28\xB5\x2F\xFD") ? std::optional(Kind::Zstd) : std::nullopt;
}

#ifdef TCPSTEP_HAS_ARCHIVES

namespace {

namespace io = boost::iostreams;

constexpr std::streamsize kChunk = std::streamsize{32} * 1024;  // Boost's own 4 KiB are slower
constexpr std::streamsize kStep = 4096;  // what a damaged archive loses at most before its end

}  // namespace

struct Archive::Decompressor {
  Decompressor(Kind kind_, std::string name_, ReadPacked read_packed_)
      : kind(kind_), name(std::move(name_)), read_packed(std::move(read_packed_)) {
    // A copyable view of the archive, as Boost wants it.
    struct Device : io::source {
      explicit Device(Decompressor* of) : whole(of) {}
      std::streamsize read(char* to, std::streamsize size) {
        const std::size_t got = whole->read_packed(to, static_cast<std::size_t>(size));
        whole->is_at_end = got == 0;
        if (whole->kind == Kind::Zstd) {
          whole->frames.add({to, got});
        }
        return got == 0 ? -1 : static_cast<std::streamsize>(got);
      }
      Decompressor* whole;
    };
    if (kind == Kind::Gzip) {
      stream.push(io::gzip_decompressor(io::zlib::default_window_bits, kChunk), kStep);
    } else {
      stream.push(io::zstd_decompressor(kChunk), kStep);
    }
    stream.push(Device(this), kChunk);
    stream.exceptions(std::ios::badbit);  // passes on what a decompressor throws
  }

  [[noreturn]] void fail(const std::string& why, const std::string& hint) const {
    throw WorldError(fmt::format("{} is damaged: {}", name, why), hint);
  }

  // The step in which a decompressor fails gives nothing; the steps before it are good.
  std::size_t read(std::span<char> buffer) {
    constexpr const char* kHint = "None of it can be trusted. Fetch it again.";
    std::size_t bytes = 0;
    try {
      while (bytes < buffer.size() && stream) {
        const std::size_t wanted = std::min<std::size_t>(kStep, buffer.size() - bytes);
        stream.read(buffer.data() + bytes, static_cast<std::streamsize>(wanted));
        bytes += static_cast<std::size_t>(stream.gcount());
      }
      // Has its end been read, within its last frame?
      is_cut = is_cut || (kind == Kind::Zstd && is_at_end && !frames.is_between_frames());
    } catch (const io::gzip_error& error) {
      const bool is_early =
          error.error() == io::gzip::bad_footer || error.zlib_error_code() == io::zlib::buf_error;
      if (!is_early || !is_at_end) {
        fail(error.error() == io::gzip::bad_crc ? "its checksum is wrong"
                                                : "it is not a gzip archive",
             kHint);
      }
      is_cut = true;
    } catch (const io::zstd_error& error) {
      constexpr int kTooMuchMemory = -16;  // ZSTD_error_frameParameter_windowTooLarge
      if (error.error() == kTooMuchMemory) {
        fail("its window is larger than 128 MiB", "Decompress it first: zstd -d --long=31");
      }
      fail("its checksum or a part of it is wrong", kHint);
    }
    return bytes;
  }

  Kind kind;
  std::string name;
  ReadPacked read_packed;
  bool is_at_end = false;  // of the archive itself
  bool is_cut = false;
  ZstdFrames frames;             // of a .zst archive
  io::filtering_istream stream;  // last: it refers to the others
};

Archive::Archive(Kind kind, std::string name, ReadPacked read_packed)
    : decompressor_(std::make_unique<Decompressor>(kind, std::move(name), std::move(read_packed))) {
}

std::size_t Archive::read(std::span<char> buffer) {
  return decompressor_->read(buffer);
}

bool Archive::is_cut() const {
  return decompressor_->is_cut;
}

#else

struct Archive::Decompressor {};

Archive::Archive(Kind, std::string name, ReadPacked) {
  throw WorldError(name + " is compressed, which this program cannot read",
                   "Decompress it first, or use tcpstep-analyze.");
}

std::size_t Archive::read(std::span<char>) {
  return 0;
}

bool Archive::is_cut() const {
  return false;
}

#endif

Archive::~Archive() = default;

}  // namespace tcpstep
