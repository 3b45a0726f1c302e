#include "server/least_rights.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>

#include "lib/base/error.h"
#include "lib/base/fd.h"

// In every kernel's table since 5.13, though not in every C library's header.
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif

namespace tcpstep {
namespace {

namespace fs = std::filesystem;

// --- Capabilities ---

constexpr std::uint64_t bit(int number) {
  return std::uint64_t{1} << static_cast<unsigned>(number);
}

// The superuser may write into the folder of somebody else by this capability only.
bool needs_override(const fs::path& folder) {
  const std::uint64_t held = bit(CAP_DAC_OVERRIDE);
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, 2> now{};
  if (::syscall(SYS_capget, &header, now.data()) != 0 || (now[0].effective & held) == 0) {
    return false;
  }
  auto without = now;
  without[0].effective &= ~static_cast<std::uint32_t>(held);
  if (::syscall(SYS_capset, &header, without.data()) != 0) {
    return true;
  }
  const bool is_writable =
      ::faccessat(AT_FDCWD, folder.c_str(), R_OK | W_OK | X_OK, AT_EACCESS) == 0;
  check_syscall(::syscall(SYS_capset, &header, now.data()), "capset");
  return !is_writable;
}

void drop_capabilities(std::uint64_t kept) {
  for (int number = 0; number < 64; ++number) {
    if ((bit(number) & kept) ==
        0) {  // fails without CAP_SETPCAP: then nothing can be gained anyway
      ::prctl(PR_CAPBSET_DROP, number, 0, 0, 0);
    }
  }
  ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, 2> sets{};
  check_syscall(::syscall(SYS_capget, &header, sets.data()), "capget");
  bool has_more = false;
  for (std::size_t i = 0; i < sets.size(); ++i) {
    const auto half = static_cast<std::uint32_t>(kept >> (32 * i));
    has_more = has_more || (sets.at(i).permitted & ~half) != 0 || sets.at(i).inheritable != 0;
    sets.at(i).permitted &= half;
    sets.at(i).effective &= half;
    sets.at(i).inheritable = 0;
  }
  if (has_more) {  // otherwise a filter of system calls may forbid even this
    check_syscall(::syscall(SYS_capset, &header, sets.data()), "capset");
  }
}

// --- Landlock (landlock(7)) ---

// Of LANDLOCK_ACCESS_FS_*: all that each version of the interface knows.
constexpr std::array<std::uint64_t, 6> kAllAccess{0,           bit(13) - 1, bit(14) - 1,
                                                  bit(15) - 1, bit(15) - 1, bit(16) - 1};
constexpr std::uint64_t kReadFile = bit(2);
constexpr std::uint64_t kReadFolder = bit(3);
constexpr std::uint64_t kWriteFile = bit(1);
constexpr std::uint64_t kRemoveFile = bit(5);
constexpr std::uint64_t kMakeFile = bit(8);
constexpr std::uint64_t kTruncate = bit(14);
constexpr std::uint64_t kBindAndConnect = bit(0) | bit(1);  // of LANDLOCK_ACCESS_NET_*
constexpr int kVersionWithNet = 4;

struct Ruleset {
  std::uint64_t files;
  std::uint64_t net;
};

struct [[gnu::packed]] FolderRule {
  std::uint64_t access;
  std::int32_t folder;
};

void allow(const Fd& ruleset, const fs::path& path, std::uint64_t access) {
  constexpr int kBeneath = 1;  // LANDLOCK_RULE_PATH_BENEATH
  const bool is_folder = (access & kReadFolder) != 0;
  const Fd folder(::open(path.c_str(), O_PATH | O_CLOEXEC | (is_folder ? O_DIRECTORY : 0)));
  if (folder.get() >= 0) {  // what is not there needs no rule
    const FolderRule rule{.access = access, .folder = folder.get()};
    check_syscall(::syscall(SYS_landlock_add_rule, ruleset.get(), kBeneath, &rule, 0),
                  "landlock_add_rule {}", path.string());
  }
}

void lock_out(const fs::path& folder) {
  constexpr int kAskVersion = 1;
  const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, kAskVersion);
  if (version < 1) {
    return;  // an older kernel, or one that is not asked to
  }
  const auto known =
      std::min<std::size_t>(static_cast<std::size_t>(version), kAllAccess.size() - 1);
  const std::uint64_t all = kAllAccess.at(known);
  const bool has_net = version >= kVersionWithNet;
  const Ruleset rules{.files = all, .net = has_net ? kBindAndConnect : 0};
  const Fd ruleset(
      static_cast<int>(check_syscall(::syscall(SYS_landlock_create_ruleset, &rules,
                                               has_net ? sizeof rules : sizeof rules.files, 0),
                                     "landlock_create_ruleset")));
  allow(ruleset, folder,
        all & (kReadFile | kReadFolder | kWriteFile | kRemoveFile | kMakeFile | kTruncate));
  for (const char* facts : {"/proc", "/sys"}) {
    allow(ruleset, facts, kReadFile | kReadFolder);
  }
  for (const char* time_zone : {"/etc/localtime", "/usr/share/zoneinfo"}) {
    allow(ruleset, time_zone, kReadFile);
  }
  check_syscall(::syscall(SYS_landlock_restrict_self, ruleset.get(), 0), "landlock_restrict_self");
}

}  // namespace

void drop_rights(const NeededRights& needed) {
  check_syscall(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl PR_SET_NO_NEW_PRIVS");
  lock_out(needed.folder);
  drop_capabilities((needs_override(needed.folder) ? bit(CAP_DAC_OVERRIDE) : 0) |
                    (needed.configures_network ? bit(CAP_NET_ADMIN) : 0));
}

}  // namespace tcpstep
