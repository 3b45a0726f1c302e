// Where and how the measuring process runs: processor, priority, memory.
#pragma once

#include <sched.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/units.h"
#include "lib/base/warning_table.h"

namespace tcpstep {

struct Scheduling {
  Wait wait = Wait::Block;
  std::optional<std::uint32_t> cpu;  // to pin to
  bool is_realtime = false;          // SCHED_FIFO and locked memory
};

// What is in effect, read back from the kernel, as text for the result file.
struct EffectiveScheduling {
  std::string cpu;       // "any" or the processor's number
  std::string realtime;  // "on", "off"
  std::vector<Warning> warnings;
};

// Applies `wanted` to this process. What the system does not permit is left out, with a warning.
// Throws WorldError for a processor that does not exist or may not be used, and for spinning on the
// only processor, because the peer or the kernel would never run.
EffectiveScheduling apply(const Scheduling& wanted);

// Restores processor, priority and locked memory in its destructor.
class SchedulingGuard {
 public:
  SchedulingGuard();
  ~SchedulingGuard();
  SchedulingGuard(const SchedulingGuard&) = delete;
  SchedulingGuard& operator=(const SchedulingGuard&) = delete;

 private:
  cpu_set_t cpus_{};
  int policy_;
};

// Keeps this process off a processor that others are pinned to, as long as this lives: if it may
// use any other one, and the kernel permits it.
class KeptOff {
 public:
  explicit KeptOff(std::uint32_t cpu);

 private:
  SchedulingGuard guard_;
};

}  // namespace tcpstep
