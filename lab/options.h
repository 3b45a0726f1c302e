// The command line of tcpstep-lab.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "lib/link/profile.h"
#include "lib/link/quantity.h"

namespace tcpstep {

struct ListOptions {};

struct ShowOptions {
  std::string profile;
};

// Which link, and how it is changed.
struct LinkOptions {
  std::string profile;  // a built-in name or a file
  Scale scale;
  bool is_swapped = false;
  std::uint64_t seed = 1;

  [[nodiscard]] Profile load() const;
  [[nodiscard]] std::string profile_name() const;  // without folders
};

// Where links run.
struct PlaceOptions {
  bool is_virtual = false;  // in a machine with virtual time
  std::string kernel;       // of that machine; empty: Debian's
  bool is_netem = false;
  double tolerance = 0.02;  // of the base time: p99 of the emulator's error
};

struct NetemOptions {
  LinkOptions link;
};

struct RunOptions {
  LinkOptions link;
  PlaceOptions place;
  std::filesystem::path log;
  std::vector<std::string> command;
};

struct MeasureOptions {
  std::vector<LinkOptions> links;
  PlaceOptions place;
  std::filesystem::path log;
  std::string sizes;
  std::uint32_t rounds = 20;
  std::string label;
  std::filesystem::path results;
};

struct TableOptions {
  enum class Time : std::uint8_t { Any, Real, Virtual };
  Time time = Time::Any;
  std::string kernel;
  std::uint64_t seed = 1;
  std::uint32_t rounds = 20;
  std::filesystem::path results;
};

using LabOptions =
    std::variant<ListOptions, ShowOptions, NetemOptions, RunOptions, MeasureOptions, TableOptions>;

// Empty if help or the version was asked for. Throws UsageError.
[[nodiscard]] std::optional<LabOptions> parse_lab_options(int argc, const char* const* argv);

}  // namespace tcpstep
