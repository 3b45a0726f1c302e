// Runs commands on two hosts joined by a link.
#pragma once

#include <string>

#include "lab/emulator.h"
#include "lib/base/process.h"
#include "lib/link/profile.h"

namespace tcpstep {

struct HostsRunOptions {
  Profile profile;
  std::uint64_t seed = 1;
  bool is_time_virtual = false;  // a sweep then starts at a fixed time, whatever happened before
  bool is_netem = false;         // the kernel's netem instead of our emulator
  std::filesystem::path log;     // of packets, if not empty
  Command near;                  // $TCPSTEP_FAR in front of a command runs it on the far host
  Command far;                   // started a moment later, if not empty
  std::function<void()> on_ack;  // after each payload upwards; if set, this is a sweep
};

struct HostsRunOutcome {
  int status = 0;  // near's exit status; far's if that is worse
  SchedulingError error;
  std::uint64_t lost = 0;
  std::vector<PacketRecord> records;
};

// When it returns, or this process ends in any way, nothing is left of the hosts and of what ran on
// them. Call it once per process.
[[nodiscard]] HostsRunOutcome run_on_two_hosts(const HostsRunOptions& options);

}  // namespace tcpstep
