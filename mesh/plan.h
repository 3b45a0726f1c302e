// mesh.json in the folder of a mesh: the tournament that is going on, or was the last. And how long
// it will take.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/units.h"
#include "mesh/hosts.h"
#include "mesh/index.h"
#include "mesh/measurement.h"
#include "mesh/tournament.h"

namespace tcpstep {

struct MeshPlan {
  std::string tournament;  // when it began: "20261128T010000Z"
  std::uint64_t seed = 0;
  std::vector<MeshHost> hosts;
  std::vector<std::string> sweep;  // as in MeasurementSettings
  std::string direction;

  // Its folder below that of the mesh: "2026-11-28".
  [[nodiscard]] std::string day() const;
  // "20261128T010000Z_n1_n2.csv", in that folder.
  [[nodiscard]] std::string file_of(const MeshHost& from, const MeshHost& to) const;
  // Whether another tournament measures the same thing.
  [[nodiscard]] bool is_like(const MeshPlan& other) const {
    return hosts == other.hosts && sweep == other.sweep && direction == other.direction;
  }
};

// The one in `folder`, if there is one. Throws WorldError if its file is none of ours.
[[nodiscard]] std::optional<MeshPlan> read_plan(const std::filesystem::path& folder);
void write_plan(const std::filesystem::path& folder, const MeshPlan& plan);

// How long each direction of each pair took, in seconds.
using PairTimes = std::map<std::pair<std::string, std::string>, double>;
[[nodiscard]] PairTimes times_of(const std::vector<IndexRow>& rows);

// How long these rounds take, with at most `pairs` at a time. What `times` does not have takes
// `otherwise`.
[[nodiscard]] Duration forecast(const std::vector<MeshRound>& rounds,
                                const std::vector<MeshHost>& hosts, std::size_t pairs,
                                const PairTimes& times, double otherwise);

// "2026-11-28T01:00:00Z" and "20261128T010000Z" in UTC, of the system's clock.
[[nodiscard]] std::string utc_text(std::chrono::system_clock::time_point time);
[[nodiscard]] std::string utc_stamp(std::chrono::system_clock::time_point time);

}  // namespace tcpstep
