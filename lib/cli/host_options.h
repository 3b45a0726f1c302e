// Options of server and client for how their process waits and runs.
#pragma once

#include <chrono>

#include "lib/cli/command_line.h"
#include "lib/host/scheduling.h"

namespace tcpstep {

struct HostOptions {
  Scheduling scheduling;
  std::chrono::microseconds busy_poll{0};
};

// Adds the group "This host" to a program's options.
void declare_host_options(CommandLine& line);

[[nodiscard]] HostOptions host_options(const OptionValues& values);

}  // namespace tcpstep
