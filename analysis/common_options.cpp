#include "analysis/common_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/base/text.h"

namespace tcpstep {
namespace {

constexpr auto kRunParts = std::to_array<Word<RunPart>>({{"link", RunPart::None},
                                                         {"label", RunPart::Label},
                                                         {"host", RunPart::Host},
                                                         {"day", RunPart::Day}});

}  // namespace

std::vector<std::filesystem::path> files_of(const OptionValues& values) {
  return {values.positional().begin(), values.positional().end()};
}

void declare_clock(CommandLine& line) {
  line.value("clock", "WORD", "application", "kernel: RTT without the measuring host's stack");
  line.words("clock", kNamesOf<RttClock>);
}

RttClock clock_of(const OptionValues& values) {
  return values.choose("clock", kNamesOf<RttClock>);
}

bool is_picture(const std::filesystem::path& output) {
  const std::string suffix = output.extension();
  return suffix == ".png" || suffix == ".svg" || suffix == ".pdf";
}

std::filesystem::path parse_pictures(std::string_view text) {
  if (text.empty()) {
    throw UsageError("the name is empty");
  }
  const std::filesystem::path output(text);
  if (text == "-" ||
      (output.has_extension() && !is_picture(output) && !std::filesystem::is_directory(output))) {
    throw UsageError(fmt::format("cannot draw into '{}'", printable(text)),
                     "Expected a folder, or a picture that ends in .png, .svg or .pdf.");
  }
  return output;
}

void declare_text_output(CommandLine& line) {
  line.value("output,o", "FILE", "write there instead of printing; an older file is replaced");
}

std::filesystem::path text_output_of(const OptionValues& values) {
  const std::filesystem::path output = values.output_path("output");
  return output == "-" ? std::filesystem::path() : output;
}

std::string_view format_of_name(const std::filesystem::path& output) {
  constexpr auto kFormats =
      std::to_array<std::pair<std::string_view, std::string_view>>({{".md", "markdown"},
                                                                    {".html", "html"},
                                                                    {".txt", "text"},
                                                                    {".csv", "csv"},
                                                                    {".json", "json"},
                                                                    {".xml", "junit"}});
  const std::string suffix = output.extension();
  const auto* const found =
      std::ranges::find(kFormats, suffix, [](const auto& known) { return known.first; });
  return found == kFormats.end() ? std::string_view() : found->second;
}

void declare_parts(CommandLine& line, const std::string& help) {
  line.value("by", "WORD", "link", help);
  line.words("by", kRunParts);
}

RunPart part_of(const OptionValues& values) {
  return values.choose("by", kRunParts);
}

double parse_alpha(std::string_view text) {
  return parse_number(text, 0.0001, 0.2);
}

double parse_effect(std::string_view text) {
  return parse_share(text, 0, 10);
}

}  // namespace tcpstep
