// Which tcpstep this is.
#pragma once

#include <string_view>

namespace tcpstep {

[[nodiscard]] std::string_view version();          // "0.1.0"
[[nodiscard]] std::string_view version_and_git();  // "tcpstep 0.1.0 (git 1a2b3c4)"

}  // namespace tcpstep
