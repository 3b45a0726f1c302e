// Which runs a command reads: files, folders, and the filters that leave some of them out.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/units.h"
#include "lib/cli/command_line.h"
#include "lib/runfile/run_header.h"

namespace tcpstep {

using UtcTime = std::chrono::sys_time<Duration>;

struct RunFilter {
  std::string option;  // as it was given: "--since 7d"
  std::function<bool(const RunHeader& header)> keeps;
};

struct Selection {
  std::vector<std::filesystem::path> places;  // files, and folders for the result files in them
  std::vector<RunFilter> filters;
};

// --since, --until, --link and --label, in a group of their own.
void declare_filters(CommandLine& line);
[[nodiscard]] std::vector<RunFilter> filters_of(const OptionValues& values);

// The positional arguments and the filters.
[[nodiscard]] Selection selection_of(const OptionValues& values);

// "7d" before `now`, or a time in UTC: "2026-11-20", "2026-11-20T09:30", "2026-11-20T09:30:00Z". Of
// a day alone it is the beginning, or the end if `is_end`. Throws UsageError.
[[nodiscard]] UtcTime parse_moment(std::string_view text, UtcTime now, bool is_end);

struct SelectedFiles {
  std::vector<std::filesystem::path> files;  // as named; those of a folder by name
  std::vector<std::string> notes;            // what was left out
};

// A folder stands for the regular files in it, not those in its folders, whose names end in .csv,
// .csv.gz or .csv.zst; that of tcpstep-mesh for all of those in its folders of days. What does not
// begin as a result file is left out of other folders, and named. A file that cannot be read stays,
// for an error at its place. Throws WorldError if nothing is left, and UsageError if a pipe would
// have to be filtered.
[[nodiscard]] SelectedFiles select_files(const Selection& selection);

// The same; prints the notes.
[[nodiscard]] std::vector<std::filesystem::path> files_to_read(const Selection& selection);

}  // namespace tcpstep
