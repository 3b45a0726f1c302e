// Pictures of one link.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/report/link_runs.h"

namespace tcpstep {

// What the pictures of links[index] are named after: the link, and its MSS too if another of
// `links` has the same name.
[[nodiscard]] std::string picture_stem(std::span<const LinkRuns> links, std::size_t index);

// Draws "all results" and "closeup" into `directory` (made if it is not there), each as PNG, as SVG
// and as the gnuplot script that drew them: all-<stem>.png and so on. Files appear whole or not at
// all; older ones of the same name are replaced. Returns what was written.
// Throws WorldError if gnuplot is missing or fails, or if the link has no sample to draw.
std::vector<std::filesystem::path> plot_link(const LinkRuns& link, std::string_view stem,
                                             const std::filesystem::path& directory);

}  // namespace tcpstep
