// The rights that a process gives up before it reads what a stranger sends.
#pragma once

#include <cstdint>
#include <filesystem>

namespace tcpstep {

struct NeededRights {
  std::filesystem::path folder;     // where this process makes and reads files
  bool configures_network = false;  // needs CAP_NET_ADMIN
};

// For this process and for good: no set-user-ID programs (no_new_privs), no capabilities but those
// needed, and with Landlock, where the kernel has it, no files but those of the folder and the
// kernel's facts in /proc and /sys, no programs, no new TCP connections. What is open stays open,
// and no system call becomes slower. (seccomp would check each of them, also the timed ones.)
void drop_rights(const NeededRights& needed);

}  // namespace tcpstep
