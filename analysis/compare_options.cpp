#include "analysis/compare_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>

#include "lib/base/error.h"
#include "lib/base/text.h"
#include "lib/cli/command_line.h"

namespace tcpstep {
namespace {

constexpr std::size_t kMostFiles = 100'000;

double parse_number(std::string_view text, double smallest, double largest, std::string_view hint) {
  double number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc{} || end != text.data() + text.size() || !(number >= smallest) ||
      !(number <= largest)) {
    throw UsageError(fmt::format("'{}' is not right", printable(text)), std::string(hint));
  }
  return number;
}

double parse_share(std::string_view text) {
  constexpr std::string_view kHint = "Write a share of 0% to 1000% such as 5% or 2.5%.";
  if (!text.ends_with('%')) {
    throw UsageError(fmt::format("'{}' is no share", printable(text)), std::string(kHint));
  }
  return parse_number(text.substr(0, text.size() - 1), 0, 1000, kHint) / 100;
}

double parse_tolerance(std::string_view text) {
  const double share = parse_share(text);
  if (share == 0) {
    throw UsageError("no number of runs excludes a shift of 0%", "Write a share such as 5%.");
  }
  return share;
}

double parse_alpha(std::string_view text) {
  return parse_number(text, 0.001, 0.2, "Write a probability of 0.001 to 0.2.");
}

}  // namespace

std::optional<CompareOptions> parse_compare_options(int argc, const char* const* argv) {
  CommandLine line(
      "tcpstep-analyze compare [options] BASELINE... -- CANDIDATE...",
      "Says whether the candidate's runs are slower than the baseline's. Exit status 0: no "
      "regression,\n3: regression, 4: nothing can be concluded.",
      "Examples:\n  tcpstep-analyze compare ab/a-*.csv -- ab/b-*.csv\n"
      "  tcpstep-analyze compare --format junit old/*.csv -- new/*.csv >compare.xml\n");
  line.positional("BASELINE", 1, kMostFiles);
  line.group("Compare");
  line.value("tolerance", "SHARE", "5%", "the rise that a pass should exclude");
  line.value("alpha", "P", "0.01", "false alarms allowed, of a whole comparison");
  line.value("minimum-effect", "SHARE",
             "least change that counts (default: 2%, of tails 25%; in virtual time any)");
  line.flag("assume-exchangeable",
            "every run was made on a freshly drawn host: order is no matter");
  line.flag("ignore-environment", "compare although link, host, interface or transport differ");
  line.flag("ignore-segmentation", "only sizes that need the same segments by both MSS");
  line.flag("strict", "exit with 4 if the tolerance is not excluded");
  line.flag("advisory", "exit with 0 whatever the verdict");
  line.value("clock", "WORD", "application",
             "application, or kernel: without the stacks of the measuring host");
  line.value("format", "WORD", "text", "text, markdown, json, junit or github");
  const auto* const end = argv + argc;
  const auto* const border =
      std::find_if(argv + 1, end, [](std::string_view word) { return word == "--"; });
  const auto values = line.parse(static_cast<int>(border - argv), argv);
  if (!values) {
    return std::nullopt;
  }
  if (end - border < 2) {
    throw UsageError("CANDIDATE is missing",
                     "Usage: tcpstep-analyze compare [options] BASELINE... -- CANDIDATE...");
  }
  CompareOptions options{
      .baseline = {values->positional().begin(), values->positional().end()},
      .candidate = {border + 1, end},
      .clock = values->choose<RttClock>(
          "clock", {{"application", RttClock::Application}, {"kernel", RttClock::Kernel}}),
      .settings = {.alpha = values->get("alpha", parse_alpha),
                   .tolerance = values->get("tolerance", parse_tolerance),
                   .is_exchangeable = values->is_set("assume-exchangeable"),
                   .ignores_segmentation = values->is_set("ignore-segmentation"),
                   .ignores_environment = values->is_set("ignore-environment")},
      .format = values->choose<CompareFormat>("format", {{"text", CompareFormat::Text},
                                                         {"markdown", CompareFormat::Markdown},
                                                         {"json", CompareFormat::Json},
                                                         {"junit", CompareFormat::Junit},
                                                         {"github", CompareFormat::Github}}),
      .is_strict = values->is_set("strict"),
      .is_advisory = values->is_set("advisory")};
  if (values->has("minimum-effect")) {
    options.settings.minimum_effect = values->get("minimum-effect", parse_share);
  }
  for (const auto& file : options.candidate) {
    if (file.native().starts_with("--")) {
      throw UsageError(fmt::format("'{}' stands after the --", printable(file.native())),
                       "Options come before it.");
    }
  }
  if (options.is_strict && options.is_advisory) {
    throw UsageError("--strict and --advisory exclude each other");
  }
  return options;
}

}  // namespace tcpstep
