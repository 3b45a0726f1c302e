// Runs in virtual time are equal to the nanosecond unless something changed.
#pragma once

#include <span>

#include "lib/compare/comparison.h"

namespace tcpstep {

// Compares run against run by seed and fills in what it finds; link, sides and environment are
// already there.
void compare_exactly(Comparison& result, std::span<const Run> baseline,
                     std::span<const Run> candidate);

}  // namespace tcpstep
