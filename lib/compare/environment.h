// Where and how two sets of runs were measured, by their headers. Hosts are compared by role: the
// one that measures, whether server or client, and the other one.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "lib/runfile/run.h"

namespace tcpstep {

struct EnvironmentDifference {
  std::string what;  // "kernel of the measuring host"
  std::string baseline;
  std::string candidate;
};

using Headers = std::span<const RunHeader* const>;
[[nodiscard]] std::vector<const RunHeader*> headers_of(std::span<const Run> runs);

// The facts that the following look at, without all others.
[[nodiscard]] RunHeader circumstances_of(const RunHeader& header);

// Why two sets of runs cannot be compared: another link, host, interface or transport. One clause
// each; none if they can be.
[[nodiscard]] std::vector<std::string> why_not_comparable(Headers baseline, Headers candidate);

// What else differs and may be the cause of a change, such as the kernel. A key that only one side
// has is not a difference: the other value is unknown.
[[nodiscard]] std::vector<EnvironmentDifference> environment_differences(Headers baseline,
                                                                         Headers candidate);

}  // namespace tcpstep
