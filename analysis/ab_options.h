// What tcpstep-analyze ab was asked to do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "lib/base/units.h"
#include "lib/compare/comparison.h"

namespace tcpstep {

struct AbOptions {
  // Runs of each side before the first look at the verdict: 8 have too few labelings.
  static constexpr std::uint32_t kFirstLook = 10;

  std::uint32_t runs = 10;  // of each side; at most, if it may end early
  std::string a;            // for /bin/sh -c
  std::string b;
  std::filesystem::path output;
  std::optional<std::uint64_t> seed;  // of the order; a fresh one otherwise
  std::optional<Duration> budget;     // no block begins that would end later
  CompareSettings settings;           // of the verdict, but for its looks
  bool is_through = false;            // the commands are proxies to measure through
  bool is_ended_early = false;        // as soon as the verdict is known
  bool is_resumed = false;
  bool is_quiet = false;

  // The verdict is looked at after each block, or once.
  [[nodiscard]] Looks looks() const {
    const bool is_once = !is_ended_early || runs <= kFirstLook;
    return {.count = is_once ? 1 : (runs - kFirstLook + 1) / 2 + 1, .most_runs = runs};
  }
};

// Empty if help was asked for. Throws UsageError. argv[0] is the command's name.
[[nodiscard]] std::optional<AbOptions> parse_ab_options(int argc, const char* const* argv);

}  // namespace tcpstep
