// What the headers of two sets of runs say about where and how they were measured.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "lib/runfile/run.h"

namespace tcpstep {

struct EnvironmentDifference {
  std::string what;  // "kernel", or the header's key
  std::string baseline;
  std::string candidate;
};

// What makes two sets of runs measurements of two things: another link, host, interface or
// transport. One sentence each; none if they can be compared.
[[nodiscard]] std::vector<std::string> why_not_comparable(std::span<const Run> baseline,
                                                          std::span<const Run> candidate);

// What else differs and may be the cause of a change, such as the kernel. A key that only one side
// states is no difference: nobody knows.
[[nodiscard]] std::vector<EnvironmentDifference> environment_differences(
    std::span<const Run> baseline, std::span<const Run> candidate);

}  // namespace tcpstep
