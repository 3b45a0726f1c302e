// The history of a whole mesh: pair by pair, in memory for a few pairs at a time.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "analysis/history_options.h"
#include "lib/compare/history.h"

namespace tcpstep {

// The files of each of several pairs, by the names that tcpstep-mesh gives them; empty unless all
// of `files` are in the folders of meshes.
[[nodiscard]] std::vector<std::vector<std::filesystem::path>> files_by_pair(
    const std::vector<std::filesystem::path>& files);

struct MeshHistory {
  std::vector<History> pairs;
  std::vector<std::string> failures;  // one per file that could not be read
};

// The pairs side by side. Each is searched with options.settings.alpha; what has changed then is
// searched again with alpha / pairs, and only what has changed still counts: so alpha is the
// probability of a false alarm in the whole mesh (Bonferroni).
[[nodiscard]] MeshHistory mesh_history(const std::vector<std::vector<std::filesystem::path>>& pairs,
                                       const HistoryOptions& options);

// What became slower, for people: hosts that most of whose paths did, and the other paths. Empty if
// nothing did.
[[nodiscard]] std::vector<std::string> slower_in_mesh(const std::vector<History>& pairs);

}  // namespace tcpstep
