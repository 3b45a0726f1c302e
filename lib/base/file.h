// Whole files, and folders for temporary ones. Everything here throws std::system_error with the
// path and what was attempted; a read or write that falls short is an error.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "lib/base/fd.h"

namespace tcpstep {

// All bytes of a file, pipe or device. Throws EFBIG beyond `limit` bytes.
[[nodiscard]] std::string read_file(const std::filesystem::path& path,
                                    std::uint64_t limit = std::uint64_t{1} << 30U);

// The same, of what is left to read on a descriptor; `name` is for the error.
[[nodiscard]] std::string read_all(const Fd& file, const std::string& name,
                                   std::uint64_t limit = std::uint64_t{1} << 30U);

// Of a file such as those in /proc and /sys; empty if it cannot be read.
[[nodiscard]] std::string first_line(const std::filesystem::path& path);

// Writes all bytes, however many write(2) calls that takes.
void write_all(const Fd& file, std::string_view bytes, const std::string& name);

// Makes names in the folder of `file` survive a power failure: those of new files, too (fsync(2)).
void flush_folder_of(const std::filesystem::path& file);

// Atomically makes `path` hold `bytes`: a reader or a crash sees the old file or the new one, never
// a part. Both file and folder are flushed to disk. A file that was there keeps its mode, a new one
// gets `mode`. If `path` is a symbolic link, its target is replaced.
void replace_file(const std::filesystem::path& path, std::string_view bytes, unsigned mode = 0644);

// The same without waiting for the disk: a power failure may leave the file empty.
void replace_file_soon(const std::filesystem::path& path, std::string_view bytes);

// Moves a finished file over `path`, with the same promises as replace_file(). Both must lie on one
// file system.
void replace_with(const std::filesystem::path& path, const std::filesystem::path& finished);

// A folder for unfinished files, removed with everything in it at the end.
class TemporaryFolder {
 public:
  // Creates .tcpstep-unfinished-XXXXXX in `parent` ($TMPDIR or /tmp if empty), and removes those
  // that killed processes have left there.
  explicit TemporaryFolder(std::filesystem::path parent = {});
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  Fd lock_;  // held while the folder is in use; the kernel releases it when the process dies
};

}  // namespace tcpstep
