#include "lib/base/temporary_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <string_view>
#include <system_error>

#include "lib/base/error.h"

namespace tcpstep {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "tcpstep-lab-";

Fd open_folder(const fs::path& path) {
  return Fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

bool is_ours(const Fd& folder) {
  struct stat facts {};
  return ::fstat(folder.get(), &facts) == 0 && facts.st_uid == ::geteuid();
}

// A folder that nobody has locked belongs to nobody any more.
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

TemporaryFolder::TemporaryFolder() {
  const char* wanted = std::getenv("TMPDIR");
  const fs::path parent = wanted != nullptr && *wanted != '\0' ? wanted : "/tmp";
  // Made and locked under another lock, so that no other start sees it between the two.
  const Fd making = open_folder(parent);
  check_syscall(making.get(), "open {}", parent.string());
  check_syscall(::flock(making.get(), LOCK_EX), "lock {}", parent.string());
  remove_abandoned(parent);
  std::string name = (parent / kPrefix).string() + "XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) {
    throw_system_error(errno, "make a folder in " + parent.string());
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
