// The folder that tcpstep-mesh fills: a folder for each day with result files and an index, and
// mesh.json beside them.
#pragma once

#include <string_view>

namespace tcpstep {

inline constexpr std::string_view kMeshPlanName = "mesh.json";
inline constexpr std::string_view kMeshFormat = "tcpstep-mesh/1";
inline constexpr std::string_view kMeshIndexName = "index.csv";
inline constexpr std::string_view kMeshIndexColumns =
    "tournament,round,from,to,direction,started_utc,seconds,file,failure";

// Header keys of a mesh's result files.
inline constexpr std::string_view kMeshFrom = "mesh_from";
inline constexpr std::string_view kMeshTo = "mesh_to";
inline constexpr std::string_view kMeshTournament = "mesh_tournament";
inline constexpr std::string_view kMeshRound = "mesh_round";

}  // namespace tcpstep
