// What tcpstep-server was asked to do.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "lib/net/address.h"
#include "lib/sweep/run_settings.h"
#include "server/limits.h"

namespace tcpstep {

enum class LogFormat : std::uint8_t { Text, Json };
template <>
inline constexpr auto kNamesOf<LogFormat> =
    std::to_array<Word<LogFormat>>({{"text", LogFormat::Text}, {"json", LogFormat::Json}});

struct ServerOptions {
  std::string bind_address;  // empty: every address
  std::uint16_t port = 0;
  IpVersion ip_version = IpVersion::Any;

  RunSettings run;  // of classic clients, and what others do not ask for
  bool is_order_chosen = false;
  bool is_link_chosen = false;  // otherwise negotiated runs are named after both hosts

  // Where browsers connect, if they may.
  struct Web {
    std::string bind_address;  // empty: every address
    std::uint16_t port = 0;
    SizeList sizes;
    std::uint32_t most_rounds = 0;  // a run ends earlier once more rounds would change nothing
  };
  std::optional<Web> web;

  // What is measured with a browser.
  [[nodiscard]] SweepSpec web_sweep() const;

  // What is measured with a client that asks for nothing: classic clients get the order of 2014,
  // others a shuffled one, which no size gains from.
  [[nodiscard]] SweepSpec negotiated_sweep() const;
  ServerLimits limits;
  std::filesystem::path secret_file;  // empty: anyone may ask
  std::optional<Duration> lease;      // the secret comes with it

  std::filesystem::path results;  // folder for one file per run, or
  std::filesystem::path output;   // the one file of the one run, if not empty
  bool is_one_off = false;
  bool is_doctor = false;  // examine this host instead of serving
  bool is_quiet = false;
  LogFormat log_format = LogFormat::Text;
  std::filesystem::path metrics_file;  // empty: none
};

// Empty if --help or --version was asked for. Throws UsageError.
[[nodiscard]] std::optional<ServerOptions> parse_server_options(int argc, const char* const* argv);

}  // namespace tcpstep
