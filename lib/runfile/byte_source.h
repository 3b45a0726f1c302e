// The bytes of a file or pipe, decompressed on the way if they are those of a .gz or .zst archive,
// whatever its name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <limits>
#include <memory>
#include <span>
#include <string>

#include "lib/runfile/archive.h"

namespace tcpstep {

// The name for standard input.
inline constexpr const char* kStandardInput = "-";

class ByteSource {
 public:
  // Opens the file; "-" is standard input. Throws std::system_error if it cannot be read.
  explicit ByteSource(const std::filesystem::path& path);
  // Reads from a stream of the caller's, as it is.
  explicit ByteSource(std::unique_ptr<std::istream> stream);
  ByteSource(ByteSource&&) noexcept;
  ByteSource& operator=(ByteSource&&) noexcept;
  ~ByteSource();

  // Fills as much of `buffer` as there is data; 0 at the end. An archive that was cut ends where
  // its last whole block ends, as a cut plain file does: see `is_cut()`. Throws std::system_error
  // if reading fails, WorldError if an archive is damaged, by its checksum or otherwise, or has
  // expanded beyond anything a result file would. It is known only at the end.
  [[nodiscard]] std::size_t read(std::span<char> buffer);
  // At the end: no checksum covers what was read.
  [[nodiscard]] bool is_cut() const { return archive_ && archive_->is_cut(); }
  [[nodiscard]] bool is_compressed() const { return archive_ != nullptr; }

  // The descriptor of a regular file that is not compressed, for pread(2); otherwise -1.
  [[nodiscard]] int plain_file() const;

 private:
  struct File;

  std::string name_;
  std::shared_ptr<File> file_;            // empty with a stream of the caller's
  std::unique_ptr<std::istream> stream_;  // empty for files
  std::unique_ptr<Archive> archive_;      // empty for plain files
  std::uint64_t allowance_ = std::numeric_limits<std::uint64_t>::max();  // bytes still to expect
};

}  // namespace tcpstep
