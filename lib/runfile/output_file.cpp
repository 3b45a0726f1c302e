#include "lib/runfile/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/file.h"

namespace tcpstep {

OutputFile::OutputFile(std::filesystem::path path)
    : path_(std::move(path)),
      fd_(check_syscall(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644),
                        "create {}", path_.string())) {}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : path_(std::move(other.path_)),
      fd_(std::exchange(other.fd_, -1)),
      length_(std::exchange(other.length_, 0)),
      is_torn_(other.is_torn_) {}

OutputFile::~OutputFile() {
  if (fd_ >= 0) {
    // Asked of the file, for another process may have written to it.
    struct stat facts {};
    const bool is_empty = ::fstat(fd_, &facts) == 0 && facts.st_size == 0;
    ::close(fd_);
    if (is_empty) {
      ::unlink(path_.c_str());
    }
  }
}

void OutputFile::append(std::string_view lines) {
  if (is_torn_) {
    throw_system_error(EIO, "append after a cut-off line in " + path_.string());
  }
  std::string_view left = lines;
  while (!left.empty()) {
    const ssize_t written = ::write(fd_, left.data(), left.size());
    if (written < 0 && errno == EINTR) {
      continue;
    }
    if (written < 0) {
      const int error_number = errno;
      is_torn_ = ::ftruncate(fd_, length_) != 0 || ::lseek(fd_, length_, SEEK_SET) < 0;
      throw_system_error(error_number, "write to " + path_.string());
    }
    left.remove_prefix(static_cast<std::size_t>(written));
  }
  length_ += static_cast<long long>(lines.size());
}

void OutputFile::replace_with(OutputFile finished) {
  struct stat here {};
  struct stat there {};
  if (::fstat(fd_, &here) != 0 || ::lstat(path_.c_str(), &there) != 0 ||
      here.st_dev != there.st_dev || here.st_ino != there.st_ino) {
    throw_system_error(ESTALE, "replace " + path_.string());  // somebody has moved it
  }
  tcpstep::replace_with(path_, finished.path_);
  std::swap(fd_, finished.fd_);
  length_ = finished.length_;
  is_torn_ = false;
}

void OutputFile::sync() {
  check_syscall(::fsync(fd_), "flush {}", path_.string());
  flush_folder_of(path_);
}

}  // namespace tcpstep
