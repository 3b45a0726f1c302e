// What tcpstep-server says about this host.
#pragma once

#include <string>
#include <vector>

#include "lib/base/error.h"
#include "lib/net/interface_info.h"
#include "lib/sweep/run_description.h"

namespace tcpstep {

// The report of --doctor: the facts, every fault found, and what to do about it.
[[nodiscard]] std::string render_examination(const HostFacts& host,
                                             const std::vector<InterfaceInfo>& interfaces);

// "  ! words\n    remedy" for stderr.
[[nodiscard]] std::string render(const Warning& warning);

}  // namespace tcpstep
