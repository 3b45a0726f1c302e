// The history of a whole mesh: pair by pair, in memory for a few pairs at a time.
#pragma once

#include <cstdint>
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

// The runs in the files, read by one thread or by all; `failures` gets a message for each file that
// cannot be read. It refers to all of them.
enum class Threads : std::uint8_t { One, All };
[[nodiscard]] RunSource runs_of(const std::vector<std::filesystem::path>& files,
                                const HistoryOptions& options, Threads threads,
                                std::vector<std::string>& failures);

// The pairs side by side, each searched as one of so many links.
[[nodiscard]] MeshHistory mesh_history(const std::vector<std::vector<std::filesystem::path>>& pairs,
                                       const HistoryOptions& options);

}  // namespace tcpstep
