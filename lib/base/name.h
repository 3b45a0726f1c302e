// Names that come from people and from remote hosts: links and labels.
#pragma once

#include <string_view>

namespace tcpstep {

inline constexpr std::string_view kNameRule = "1 to 64 of the characters A-Z a-z 0-9 . _ + -";

// True if `name` may become part of a file name, a plot title or a table: [A-Za-z0-9._+-]{1,64}.
// Everything else is refused where it arrives, so that no later stage has to quote it.
[[nodiscard]] bool is_valid_name(std::string_view name);

}  // namespace tcpstep
