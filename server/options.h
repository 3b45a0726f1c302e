// What tcpstep-server was asked to do.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "lib/base/size_list.h"
#include "lib/base/units.h"
#include "lib/cli/host_options.h"
#include "lib/measure/sweep_plan.h"
#include "lib/net/address.h"
#include "lib/protocol/payload_source.h"

namespace tcpstep {

// When to ask for kernel timestamps. They cost about 1 µs a ping: Auto takes them where that is
// below 1 % of the RTT.
enum class TimestampMode : std::uint8_t { Auto, Off, Software, Hardware };

struct ServerOptions {
  std::string bind_address;  // empty: every address
  std::uint16_t port = 0;
  IpVersion ip_version = IpVersion::Any;

  SweepOptions sweep;  // its sizes are empty until the MSS is known
  SizeList sizes;
  std::string sizes_text;             // as given, for the header
  std::optional<std::uint64_t> seed;  // empty: a fresh one for every run
  Duration interval{0};
  Duration timeout{0};
  Fill fill = Fill::Random;
  std::string congestion_control;
  TimestampMode timestamps = TimestampMode::Auto;
  HostOptions this_host;

  std::string link;
  std::string label;              // may be empty
  std::filesystem::path results;  // directory for one file a run, or
  std::filesystem::path output;   // the one file of the one run, if not empty
  bool is_one_off = false;
  bool is_anonymous = false;  // no addresses and host names in the file
  bool is_doctor = false;     // examine this host instead of serving
  bool is_quiet = false;
};

// Empty if --help or --version was asked for. Throws UsageError.
[[nodiscard]] std::optional<ServerOptions> parse_server_options(int argc, const char* const* argv);

}  // namespace tcpstep
