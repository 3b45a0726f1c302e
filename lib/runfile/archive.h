// The bytes of a .gz or .zst archive, decompressed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tcpstep {

class Archive {
 public:
  enum class Kind : std::uint8_t { Gzip, Zstd };

  // What a file with these first bytes is; empty if it is not an archive.
  static constexpr std::size_t kMagicBytes = 4;
  [[nodiscard]] static std::optional<Kind> kind_of(std::string_view first_bytes);

  // Reads up to `size` bytes of the archive itself; 0 at its end.
  using ReadPacked = std::function<std::size_t(char* to, std::size_t size)>;

  // Throws WorldError where archives cannot be read: a program built with TCPSTEP_CLIENT_ONLY.
  Archive(Kind kind, std::string name, ReadPacked read_packed);
  ~Archive();
  Archive(const Archive&) = delete;
  Archive& operator=(const Archive&) = delete;

  // As ByteSource::read(). Throws WorldError if the archive is damaged.
  [[nodiscard]] std::size_t read(std::span<char> buffer);
  // At the end: it was cut, and no checksum covers what was read.
  [[nodiscard]] bool is_cut() const;

 private:
  struct Decompressor;
  std::unique_ptr<Decompressor> decompressor_;
};

}  // namespace tcpstep
