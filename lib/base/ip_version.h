// Which internet protocol to use.
#pragma once

#include <cstdint>

namespace tcpstep {

enum class IpVersion : std::uint8_t { Any, V4, V6 };

}  // namespace tcpstep
