// What to type on other hosts.
#pragma once

#include <string>

#include "server/options.h"

namespace tcpstep {

// "on the other host: tcpstep run 192.0.2.1", a line for each address of this host, few at most;
// empty if nobody else can reach it.
[[nodiscard]] std::string how_to_reach(const ServerOptions& options);

// "http://192.0.2.1:19902/", what to open in a browser.
[[nodiscard]] std::string how_to_browse(const ServerOptions& options);

}  // namespace tcpstep
