// What about this host may distort latency measurements, and what to do about it.
#pragma once

#include <string>
#include <vector>

#include "lib/base/warning_table.h"
#include "lib/host/host_info.h"
#include "lib/host/scheduling.h"
#include "lib/net/interface_info.h"

namespace tcpstep {

// Facts that hold for all runs of a process.
struct HostFacts {
  HostInfo info;
  TimerTest timers;
  EffectiveScheduling scheduling;
  std::vector<Warning> warnings;  // of all of them
};

// Applies the requested scheduling and examines the host. Throws WorldError as apply() does.
[[nodiscard]] HostFacts prepare_host(const Scheduling& scheduling);
// For a run that begins now, long after that perhaps: the load, and the warning of it.
void refresh_load(HostFacts& facts);

// These judge facts; where nothing is wrong they return none. The most important come first.
[[nodiscard]] std::vector<Warning> host_warnings(const HostInfo& host, const TimerTest& timers);
[[nodiscard]] std::vector<Warning> interface_warnings(const InterfaceInfo& interface);

// "  ! text\n    remedy" for stderr.
[[nodiscard]] std::string render(const Warning& warning);

// The report of tcpstep-server --doctor: the facts, each warning and its remedy.
[[nodiscard]] std::string render_examination(const HostFacts& host,
                                             const std::vector<InterfaceInfo>& interfaces);

}  // namespace tcpstep
