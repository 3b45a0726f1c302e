// Pictures: gnuplot scripts in, files out.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/gnuplot_script.h"
#include "lib/report/link_runs.h"

namespace tcpstep {

// What the pictures of links[index] are named after: the link, and its MSS too if another of
// `links` has the same name.
[[nodiscard]] std::string picture_stem(std::span<const LinkRuns> links, std::size_t index);

// Draws one picture into `directory` (made if it is not there) as PNG, as SVG where the script has
// one, and as that script. Files appear whole or not at all; older ones of the same name are
// replaced. Returns what was written. Throws WorldError if gnuplot is missing or fails.
std::vector<std::filesystem::path> draw(const PlotScript& plot,
                                        const std::filesystem::path& directory);

// Draws "all results" and "closeup" in the same way: all-<stem>.png and so on. Throws WorldError
// also if the link has no sample to draw.
std::vector<std::filesystem::path> plot_link(const LinkRuns& link, std::string_view stem,
                                             const std::filesystem::path& directory);

}  // namespace tcpstep
