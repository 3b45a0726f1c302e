// What tcpstep-client was asked to do.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "client/limits.h"
#include "lib/base/units.h"
#include "lib/cli/command_line.h"
#include "lib/net/address.h"
#include "lib/protocol/messages.h"

namespace tcpstep {

struct ClientOptions {
  std::string host;
  std::uint16_t port = 0;
  IpVersion ip_version = IpVersion::Any;
  Duration timeout{0};
  ClientLimits limits;
  std::uint32_t retries = 0;

  Request request;                            // what to ask a server that speaks frames
  std::vector<MeasuredDirection> directions;  // one run each
  bool needs_frames = false;                  // something above was requested
  std::uint32_t repetitions = 1;
  Duration pause{0};             // between runs
  std::filesystem::path output;  // a new file, or a folder; empty: none
  std::filesystem::path save;    // a folder for run, table, pictures and page; empty: none
  bool is_json = false;
  std::filesystem::path secret_file;  // empty: none
  std::optional<Duration> lease;      // the secret comes with it

  HostOptions this_host;
  bool is_quiet = false;

  [[nodiscard]] std::uint64_t runs() const { return repetitions * directions.size(); }
};

// Empty if --help or --version was asked for. Throws UsageError.
[[nodiscard]] std::optional<ClientOptions> parse_client_options(int argc, const char* const* argv);

}  // namespace tcpstep
