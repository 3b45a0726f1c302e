#include "lib/base/file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <system_error>
#include <utility>

#include "lib/base/error.h"

namespace tcpstep {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = ".tcpstep-unfinished-";

Fd open_folder(const fs::path& path) {
  return Fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

fs::path folder_of(const fs::path& file) {
  return file.has_parent_path() ? file.parent_path() : fs::path(".");
}

void rename_file(const fs::path& from, const fs::path& to) {
  check_syscall(std::rename(from.c_str(), to.c_str()), "rename {} to {}", from.string(),
                to.string());
}

// rename(2) is on disk once its folder is (fsync(2)).
void rename_durably(const fs::path& from, const fs::path& to) {
  rename_file(from, to);
  flush_folder_of(to);
}

// Of a symbolic link, the target is replaced.
fs::path target_of(const fs::path& path) {
  return fs::is_symlink(path) ? fs::canonical(path) : path;
}

// And the owner, as far as this process may give files away.
void keep_mode(const Fd& draft, const fs::path& target, const fs::path& shown) {
  struct stat before {};
  if (::stat(target.c_str(), &before) == 0) {
    static_cast<void>(::fchown(draft.get(), before.st_uid, before.st_gid) == 0);
    check_syscall(::fchmod(draft.get(), before.st_mode & 07777U), "set the mode of {}",
                  shown.string());
  }
}

// Writes a draft beside the file; `move` puts it in its place.
template <class Move>
void replace_by_draft(const fs::path& path, std::string_view bytes, unsigned mode, Move move) {
  const fs::path target = target_of(path);
  std::string draft =
      (folder_of(target) / "").string() + "." + target.filename().string() + ".XXXXXX";
  const Fd file(
      check_syscall(::mkostemp(draft.data(), O_CLOEXEC), "create a file beside {}", path.string()));
  try {
    check_syscall(::fchmod(file.get(), mode), "set the mode of {}", draft);
    keep_mode(file, target, draft);
    write_all(file, bytes, path.string());
    move(file, draft, target);
  } catch (...) {
    ::unlink(draft.c_str());
    throw;
  }
}

bool is_ours(const Fd& folder) {
  struct stat facts {};
  return ::fstat(folder.get(), &facts) == 0 && facts.st_uid == ::geteuid();
}

// A folder that is not locked is no longer in use.
void remove_abandoned(const fs::path& parent) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(parent, ignored)) {
    if (!entry.path().filename().string().starts_with(kPrefix)) {
      continue;
    }
    const Fd folder = open_folder(entry.path());
    if (folder.get() >= 0 && is_ours(folder) && ::flock(folder.get(), LOCK_EX | LOCK_NB) == 0) {
      fs::remove_all(entry.path(), ignored);
    }
  }
}

}  // namespace

std::string read_all(const Fd& file, const std::string& name, std::uint64_t limit) {
  std::string bytes;
  std::array<char, 65536> buffer;
  for (;;) {
    const ssize_t count = ::read(file.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) {
      continue;
    }
    check_syscall(count, "read {}", name);
    if (count == 0) {
      return bytes;
    }
    bytes.append(buffer.data(), static_cast<std::size_t>(count));
    if (bytes.size() > limit) {
      throw_system_error(EFBIG, fmt::format("read {} of more than {} bytes", name, limit));
    }
  }
}

std::string read_file(const fs::path& path, std::uint64_t limit) {
  const Fd file(
      check_syscall(::open(path.c_str(), O_RDONLY | O_CLOEXEC), "open {}", path.string()));
  return read_all(file, path.string(), limit);
}

std::string first_line(const fs::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

void write_all(const Fd& file, std::string_view bytes, const std::string& name) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) {
      continue;
    }
    check_syscall(written, "write to {}", name);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void flush_folder_of(const fs::path& file) {
  const Fd folder(::open(folder_of(file).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  check_syscall(folder.get(), "open {}", folder_of(file).string());
  check_syscall(::fsync(folder.get()), "flush {}", folder_of(file).string());
}

void replace_file(const fs::path& path, std::string_view bytes, unsigned mode) {
  replace_by_draft(path, bytes, mode,
                   [](const Fd& file, const fs::path& draft, const fs::path& to) {
                     check_syscall(::fsync(file.get()), "flush {}", draft.string());
                     rename_durably(draft, to);
                   });
}

void replace_file_soon(const fs::path& path, std::string_view bytes) {
  replace_by_draft(path, bytes, 0644, [](const Fd&, const fs::path& draft, const fs::path& to) {
    rename_file(draft, to);
  });
}

void replace_with(const fs::path& path, const fs::path& finished) {
  const fs::path target = target_of(path);
  const Fd file(
      check_syscall(::open(finished.c_str(), O_RDONLY | O_CLOEXEC), "open {}", finished.string()));
  keep_mode(file, target, finished);
  check_syscall(::fsync(file.get()), "flush {}", finished.string());
  rename_durably(finished, target);
}

TemporaryFolder::TemporaryFolder(fs::path parent) {
  if (parent.empty()) {
    const char* wanted = std::getenv("TMPDIR");
    parent = wanted != nullptr && *wanted != '\0' ? wanted : "/tmp";
  }
  // Created and locked under the parent's lock, so that no other process removes it in between.
  const Fd making(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  check_syscall(making.get(), "open {}", parent.string());
  check_syscall(::flock(making.get(), LOCK_EX), "lock {}", parent.string());
  remove_abandoned(parent);
  std::string name = (parent / kPrefix).string() + "XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) {
    throw_system_error(errno, "create a folder in " + parent.string());
  }
  path_ = name;
  lock_ = open_folder(path_);
  check_syscall(::flock(lock_.get(), LOCK_EX | LOCK_NB), "lock {}", name);
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

}  // namespace tcpstep
