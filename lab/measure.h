// tcpstep-lab measure and run: sweeps and commands over emulated links.
#pragma once

#include <filesystem>
#include <functional>

#include "lab/options.h"

namespace tcpstep {

using OnResult = std::function<void(const LinkOptions&, const std::filesystem::path&)>;

// Measures each link in a process of its own, virtual machines in parallel, and calls `on_result`
// for each result file, in the order of the links. The status is 1 if a run failed or was not
// faithful; its file is then kept and marked.
int measure_each(const MeasureOptions& options, const OnResult& on_result);

// Measures every link and prints the names of the result files. The status is as above.
int measure(const MeasureOptions& options);

// Runs the command. The status is its own, or 1 if that is 0 and the link was not faithful.
int run_command(const RunOptions& options);

}  // namespace tcpstep
