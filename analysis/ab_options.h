// What tcpstep-analyze ab was asked to do.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace tcpstep {

struct AbOptions {
  std::uint32_t runs = 10;  // of each side; at most, if it may end early
  std::string a;            // for /bin/sh -c
  std::string b;
  std::filesystem::path out;
  std::optional<std::uint64_t> seed;  // of the order; a fresh one otherwise
  bool is_ended_early = false;        // as soon as the verdict is known
  bool is_resumed = false;
  bool is_quiet = false;
};

// Empty if help was asked for. Throws UsageError. argv[0] is the command's name.
[[nodiscard]] std::optional<AbOptions> parse_ab_options(int argc, const char* const* argv);

}  // namespace tcpstep
