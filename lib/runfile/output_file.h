// A new file that is either written whole line by whole line or not there at all.
#pragma once

#include <filesystem>
#include <string_view>

namespace tcpstep {

class OutputFile {
 public:
  // Creates `path`, which must not exist. Throws std::system_error ("create x.csv: File exists").
  explicit OutputFile(std::filesystem::path path);
  OutputFile(OutputFile&& other) noexcept;
  OutputFile& operator=(OutputFile&&) = delete;
  // Closes; removes the file if nothing was ever written to it.
  ~OutputFile();

  // Appends all of `lines` with one write(2), or nothing: after an error (a full disk) the file is
  // cut back to what it held before, and std::system_error is thrown. Where even that fails nothing
  // is appended any more.
  void append(std::string_view lines);

  // Puts `finished`, which lies on the same file system, in the place of this file, durably, and
  // continues in it. Throws std::system_error; this
  // file is then as it was.
  void replace_with(OutputFile finished);

  // Makes the file and what was written survive a power failure.
  void sync();

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  int fd_ = -1;
  long long length_ = 0;
  bool is_torn_ = false;  // it ends in a part of a line
};

}  // namespace tcpstep
