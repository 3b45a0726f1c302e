#include "analysis/common_options.h"

#include "lib/base/error.h"
#include "lib/base/parse.h"

namespace tcpstep {
namespace {

constexpr auto kClocks = std::to_array<Word<RttClock>>(
    {{"application", RttClock::Application}, {"kernel", RttClock::Kernel}});

}  // namespace

std::vector<std::filesystem::path> files_of(const OptionValues& values) {
  return {values.positional().begin(), values.positional().end()};
}

void declare_clock(CommandLine& line) {
  line.value("clock", "WORD", "application",
             "application, or kernel: RTT without the measuring host's stack");
  line.words("clock", kClocks);
}

RttClock clock_of(const OptionValues& values) {
  return values.choose("clock", kClocks);
}

std::filesystem::path parse_folder(std::string_view text) {
  if (text.empty()) {
    throw UsageError("the folder name is empty");
  }
  return text;
}

double parse_alpha(std::string_view text) {
  return parse_number(text, 0.0001, 0.2);
}

double parse_effect(std::string_view text) {
  return parse_share(text, 0, 10);
}

}  // namespace tcpstep
