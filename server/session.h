// One run with one client, from the first ping to the trailer.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "lib/base/warning.h"
#include "lib/net/tcp_connection.h"
#include "lib/runfile/output_file.h"
#include "server/environment.h"
#include "server/options.h"

namespace tcpstep {

// What came of a run.
struct RunOutcome {
  std::string status;             // the trailer's: "complete", "timeout", ...
  std::uint64_t samples = 0;      // counted ones
  std::filesystem::path file;     // empty if the client never answered the opening ping
  std::vector<Warning> warnings;  // that concern this run
};

// Opens the file of a run, once it is known that there is something to write.
using OpenOutput = std::function<OutputFile()>;

// Measures one sweep with `client`. Throws std::system_error if the file cannot be written; the
// rounds before that are then in it.
[[nodiscard]] RunOutcome run_session(TcpConnection& client, const ServerOptions& options,
                                     const HostFacts& host, const OpenOutput& open_output);

}  // namespace tcpstep
