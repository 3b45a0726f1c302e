// What tcpstep-mesh was asked to do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "lib/base/units.h"
#include "lib/protocol/sweep_spec.h"
#include "mesh/launch.h"
#include "mesh/measurement.h"

namespace tcpstep {

struct MeshOptions {
  std::filesystem::path hosts;  // the file
  Launcher launcher;
  SweepSpec sweep;  // as far as it was asked for, for the forecast
  MeasurementSettings measurement;
  std::size_t pairs = 0;  // at a time, at most
  std::optional<std::uint64_t> seed;
  std::filesystem::path results;
  bool is_resumed = false;
  bool is_quiet = false;
};

// Empty if help or the version was asked for. Throws UsageError.
[[nodiscard]] std::optional<MeshOptions> parse_mesh_options(int argc, const char* const* argv);

}  // namespace tcpstep
