// JSON from untrusted peers.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

namespace tcpstep {

// Throws ProtocolError if it is not JSON, and for what nlohmann::json would accept: unlimited
// nesting, and duplicate keys, of which two readers may believe different ones.
[[nodiscard]] nlohmann::json parse_strictly(std::string_view text);

}  // namespace tcpstep
