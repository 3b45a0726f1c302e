// tcpstep-analyze validate and repair: is a file whole, and if it is cut, an honest end for it.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "lib/runfile/inspection.h"
#include "lib/runfile/output_file.h"

namespace tcpstep {

inline constexpr const char* kStandardOutput = "-";

// Calls `write` with a new file at `path`. "-" is standard output, which gets all of it at the end.
void write_result(const std::filesystem::path& path, const std::function<void(OutputFile&)>& write);

// "run.csv: whole: complete, 2000 samples, 0 lost", or what is missing and what to do about it.
[[nodiscard]] std::string describe(const std::filesystem::path& file, const Inspection& inspection);

// <name>.repaired.csv beside the file, without .gz and .zst; "-" for standard input.
[[nodiscard]] std::filesystem::path default_repaired_name(const std::filesystem::path& file);

// Repairs `file` into a new file, or, with `output` empty, in its place: then it is replaced
// atomically: a crash leaves either the old or the new one. Returns what to say about it.
// Throws UsageError if a compressed file is to be repaired in its place, RunFileError if the file
// is more than cut. A file that is whole is left alone.
std::string repair_run(const std::filesystem::path& file,
                       const std::optional<std::filesystem::path>& output);

}  // namespace tcpstep
