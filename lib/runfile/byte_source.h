// The bytes of a result file, decompressed on the way where its name ends in .gz or .zst.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <limits>
#include <memory>
#include <span>
#include <string>

namespace tcpstep {

// True if the name says so.
[[nodiscard]] bool is_compressed(const std::filesystem::path& path);

class ByteSource {
 public:
  // Throws std::system_error if the file cannot be opened.
  explicit ByteSource(const std::filesystem::path& path);
  // Reads from a stream of the caller's, as it is.
  explicit ByteSource(std::unique_ptr<std::istream> stream);
  ByteSource(ByteSource&&) noexcept;
  ByteSource& operator=(ByteSource&&) noexcept;
  ~ByteSource();

  // Fills as much of `buffer` as there is data; 0 at the end. A damaged or cut archive ends where
  // its last whole block ends, as a cut plain file does; `is_damaged()` tells. Throws WorldError
  // when an archive has expanded beyond anything a result file would.
  [[nodiscard]] std::size_t read(std::span<char> buffer);
  [[nodiscard]] bool is_damaged() const { return is_damaged_; }

 private:
  std::unique_ptr<std::istream> stream_;
  std::string name_;
  bool is_compressed_ = false;
  std::uint64_t allowance_ = std::numeric_limits<std::uint64_t>::max();  // bytes still to expect
  bool is_damaged_ = false;
};

}  // namespace tcpstep
