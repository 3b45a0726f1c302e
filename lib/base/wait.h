// How an end waits for the other one's bytes.
#pragma once

#include <cstdint>

namespace tcpstep {

enum class Wait : std::uint8_t {
  Block,  // sleep in the kernel: leaves the processor to others, pays a wake-up
  Spin,   // ask again and again: no wake-up, but needs a processor of its own
};

}  // namespace tcpstep
