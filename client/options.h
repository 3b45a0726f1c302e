// What tcpstep-client was asked to do.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lib/base/units.h"
#include "lib/cli/host_options.h"
#include "lib/net/address.h"

namespace tcpstep {

struct ClientOptions {
  std::string host;
  std::uint16_t port = 0;
  IpVersion ip_version = IpVersion::Any;
  Duration timeout{0};
  std::uint32_t retries = 0;
  HostOptions this_host;
  bool is_quiet = false;
};

// Empty if --help or --version was asked for. Throws UsageError.
[[nodiscard]] std::optional<ClientOptions> parse_client_options(int argc, const char* const* argv);

}  // namespace tcpstep
