// Options that several commands of tcpstep-analyze share.
#pragma once

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <optional>
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

// --format, or where it is not given what --output ends in: page.html, table.md. Otherwise the
// first of `formats`, which is text.
[[nodiscard]] std::string_view format_of_name(const std::filesystem::path& output);
template <class Words>
[[nodiscard]] auto text_format_of(const OptionValues& values, const Words& formats) {
  if (values.has("format")) {
    return values.choose("format", formats);
  }
  const std::string_view wanted = format_of_name(values.path("output"));
  for (const auto& [word, format] : formats) {
    if (word == wanted) {
      return format;
    }
  }
  return formats.front().second;
}

// --output of commands that print and draw: a file for the text instead of standard output, or a
// picture, or a folder of pictures, beside it.
struct Outputs {
  std::filesystem::path text;
  std::optional<std::filesystem::path> pictures;
};
template <class Words>
[[nodiscard]] Outputs outputs_of(const OptionValues& values, const Words& formats) {
  if (!values.has("output")) {
    return {};
  }
  const std::string_view named = format_of_name(values.path("output"));
  const bool is_text =
      std::ranges::any_of(formats, [&](const auto& known) { return known.first == named; });
  return is_text ? Outputs{.text = text_output_of(values)}
                 : Outputs{.pictures = values.get("output", parse_pictures)};
}

// --by of tables and pictures: how the runs of a link are divided.
void declare_parts(CommandLine& line, const std::string& help);
[[nodiscard]] RunPart part_of(const OptionValues& values);

// --alpha, the probability of a false alarm.
[[nodiscard]] double parse_alpha(std::string_view text);
// --minimum-effect, the smallest change that counts.
[[nodiscard]] double parse_effect(std::string_view text);

}  // namespace tcpstep
