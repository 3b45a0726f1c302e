// One measurement through a proxy: server, proxy and client, all on this host.
#pragma once

#include <string>

namespace tcpstep {

// Starts tcpstep-server, then `command` (for /bin/sh), then tcpstep-client against what the command
// listens on; ends the command. In it, {listen} and {target} become addresses ("127.0.0.1:40001"),
// {listen_port} and {target_port} their ports. Returns the client's exit status, or the server's if
// that of the client is 0. Throws WorldError if the server or the command does not listen.
int measure_through(const std::string& command);

}  // namespace tcpstep
