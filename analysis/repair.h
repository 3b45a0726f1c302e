// tcpstep-analyze validate and repair: is a file whole, and if it is cut, an honest end for it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "lib/runfile/inspection.h"

namespace tcpstep {

// "run.csv: whole: complete, 2000 samples, 0 lost", or what is missing and what to do about it.
[[nodiscard]] std::string describe(const std::filesystem::path& file, const Inspection& inspection);

// <name>.repaired.csv beside the file, without .gz and .zst.
[[nodiscard]] std::filesystem::path default_repaired_name(const std::filesystem::path& file);

// Repairs `file` into a new file, or, with `output` empty, in its place: then it is replaced
// atomically: a crash leaves either the old or the new one. Returns what to say about it.
// Throws UsageError if a compressed file is to be repaired in its place, RunFileError if the file
// is more than cut. A file that is whole is left alone.
std::string repair_run(const std::filesystem::path& file,
                       const std::optional<std::filesystem::path>& output);

}  // namespace tcpstep
