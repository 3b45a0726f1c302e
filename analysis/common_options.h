// Options that several commands of tcpstep-analyze share.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "lib/cli/command_line.h"
#include "lib/runfile/run.h"

namespace tcpstep {

inline constexpr std::size_t kMostFiles = 1'000'000;

[[nodiscard]] std::vector<std::filesystem::path> files_of(const OptionValues& values);

void declare_clock(CommandLine& line);
[[nodiscard]] RttClock clock_of(const OptionValues& values);

// True if the name ends as that of a picture does: .png, .svg or .pdf.
[[nodiscard]] bool is_picture(const std::filesystem::path& output);
// Where pictures go: a picture's name, or a folder. Throws UsageError if it is empty, or the name
// of another kind of file.
[[nodiscard]] std::filesystem::path parse_pictures(std::string_view text);

// -o, --output of text. Empty: standard output.
void declare_text_output(CommandLine& line);
[[nodiscard]] std::filesystem::path text_output_of(const OptionValues& values);

// --by of tables and pictures: how the runs of a link are divided.
void declare_parts(CommandLine& line, const std::string& help);
[[nodiscard]] RunPart part_of(const OptionValues& values);

// --alpha, the probability of a false alarm.
[[nodiscard]] double parse_alpha(std::string_view text);
// --minimum-effect, the smallest change that counts.
[[nodiscard]] double parse_effect(std::string_view text);

}  // namespace tcpstep
