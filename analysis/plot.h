// Pictures as files, drawn by gnuplot.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "lib/report/drawing.h"
#include "lib/report/penalty_table.h"

namespace tcpstep {

// What the pictures of links[index] are named after: the link, and its MSS too if another of
// `links` has the same name.
[[nodiscard]] std::string picture_stem(std::span<const LinkRuns> links, std::size_t index);

// Draws one picture into `directory` (created if missing) as PNG, as SVG if it is small, and as the
// script that draws it. Files appear whole or not at all; older ones of the same name are replaced.
// Returns what was written. Throws WorldError if gnuplot is missing, fails or finds no data.
std::vector<std::filesystem::path> draw(const Drawing& drawing,
                                        const std::filesystem::path& directory);

// Draws into one file alone, whose name ends in .png, .svg or .pdf; the same promises.
std::vector<std::filesystem::path> draw_file(const Drawing& drawing,
                                             const std::filesystem::path& file);

// The same by a script of ours that draws <name>.<format> into the current folder.
void draw_script_file(const std::string& name, const std::string& script,
                      const std::filesystem::path& file);

// Into that file if it has such a name, otherwise into the folder.
std::vector<std::filesystem::path> draw_into(const Drawing& drawing,
                                             const std::filesystem::path& output);

}  // namespace tcpstep
