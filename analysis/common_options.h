// Options that several commands of tcpstep-analyze share.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string_view>
#include <vector>

#include "lib/cli/command_line.h"
#include "lib/runfile/run.h"

namespace tcpstep {

inline constexpr std::size_t kMostFiles = 100'000;

[[nodiscard]] std::vector<std::filesystem::path> files_of(const OptionValues& values);

void declare_clock(CommandLine& line);
[[nodiscard]] RttClock clock_of(const OptionValues& values);

// The name of a folder; throws UsageError if it is empty.
[[nodiscard]] std::filesystem::path parse_folder(std::string_view text);

// --alpha, the probability of a false alarm.
[[nodiscard]] double parse_alpha(std::string_view text);
// --minimum-effect, the smallest change that counts.
[[nodiscard]] double parse_effect(std::string_view text);

}  // namespace tcpstep
