#include "analysis/compare_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analysis/ab_manifest.h"
#include "analysis/common_options.h"
#include "lib/base/error.h"
#include "lib/base/text.h"
#include "lib/cli/command_line.h"

namespace tcpstep {
namespace {

constexpr auto kCompareFormats =
    std::to_array<Word<CompareFormat>>({{"text", CompareFormat::Text},
                                        {"markdown", CompareFormat::Markdown},
                                        {"json", CompareFormat::Json},
                                        {"junit", CompareFormat::Junit},
                                        {"github", CompareFormat::Github}});

// What `ab` left in its folder of one side.
std::vector<std::filesystem::path> runs_of(const std::filesystem::path& folder,
                                           std::string_view prefix) {
  std::vector<std::filesystem::path> runs;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::filesystem::path& file = entry.path();
    if (file.extension() == ".csv" && file.filename().native().starts_with(prefix)) {
      runs.push_back(file);
    }
  }
  if (runs.empty()) {
    throw UsageError(fmt::format("no {}*.csv in {}", prefix, folder.string()),
                     "Expected a folder that tcpstep-analyze ab has filled.");
  }
  std::sort(runs.begin(), runs.end());
  return runs;
}

}  // namespace

void declare_tolerance(CommandLine& line) {
  line.value("tolerance", "SHARE", "5%", "the slowdown that a pass has to rule out");
  line.flag("lenient", "pass even if a slowdown of --tolerance is not ruled out");
}

double tolerance_of(const OptionValues& values) {
  return values.get("tolerance", [](std::string_view text) {
    const double share = parse_effect(text);
    if (share == 0) {
      throw UsageError("no number of runs can rule out a change of 0%",
                       "Expected a share such as 5%.");
    }
    return share;
  });
}

std::optional<CompareOptions> parse_compare_options(int argc, const char* const* argv) {
  CommandLine line(
      "tcpstep-analyze compare [options] BASELINE... -- CANDIDATE... | DIR",
      "Reports whether the candidate's runs are slower than the baseline's. Exit status 0: no "
      "regression,\n3: regression, 4: cannot tell.",
      "Examples:\n  tcpstep-analyze compare ab            # what tcpstep-analyze ab left there\n"
      "  tcpstep-analyze compare -o compare.png old -- new\n"
      "  tcpstep-analyze compare --format junit old/*.csv -- new/*.csv >compare.xml\n");
  line.positional("BASELINE", 1, kMostFiles);
  line.group("Compare");
  declare_tolerance(line);
  line.value("alpha", "P", "0.01", "false alarms allowed in a whole comparison");
  line.value("minimum-effect", "SHARE",
             "smallest change that counts [2%, for tails 25%; in virtual time any]");
  line.flag("assume-exchangeable",
            "every run was made on a newly chosen host: run order does not matter");
  line.flag("ignore-environment", "compare even if link, host, interface or transport differ");
  line.flag("ignore-segmentation", "compare only sizes that need as many segments on both sides");
  line.flag("advisory", "exit with 0 whatever the verdict");
  declare_clock(line);
  line.value("format,f", "WORD", "output format [text, or what --output ends in]");
  line.words("format", kCompareFormats);
  line.value(
      "output,o", "PATH",
      "a file for the text (.md, .json, .xml); or also draw both sides: a picture (.png, .svg, "
      ".pdf), or a folder");
  declare_filters(line);
  const auto* const end = argv + argc;
  const bool completes = argc > 1 && argv[1] == kCompletionRequest;
  const auto* const border =
      completes ? end
                : std::find_if(argv + 1, end, [](std::string_view word) { return word == "--"; });
  const auto values = line.parse(static_cast<int>(border - argv), argv);
  if (!values) {
    return std::nullopt;
  }
  std::vector<std::filesystem::path> baseline = files_of(*values);
  Looks looks;
  std::vector<std::filesystem::path> candidate(border == end ? end : border + 1, end);
  if (border == end && baseline.size() == 1 &&
      std::filesystem::exists(baseline.front() / "ab.json")) {
    const std::filesystem::path folder = baseline.front();
    looks = looks_in(folder);
    baseline = runs_of(folder, "a-");
    candidate = runs_of(folder, "b-");
  }
  if (candidate.empty()) {
    throw UsageError("CANDIDATE is missing",
                     "Usage: tcpstep-analyze compare [options] BASELINE... -- CANDIDATE..., or the "
                     "folder of tcpstep-analyze ab.");
  }
  CompareOptions options{.baseline = std::move(baseline),
                         .candidate = std::move(candidate),
                         .filters = filters_of(*values),
                         .clock = clock_of(*values),
                         .settings = {.alpha = values->get("alpha", parse_alpha),
                                      .looks = looks,
                                      .tolerance = tolerance_of(*values),
                                      .is_lenient = values->is_set("lenient"),
                                      .is_exchangeable = values->is_set("assume-exchangeable"),
                                      .ignores_segmentation = values->is_set("ignore-segmentation"),
                                      .ignores_environment = values->is_set("ignore-environment")},
                         .format = text_format_of(*values, kCompareFormats),
                         .output = outputs_of(*values, kCompareFormats),
                         .is_advisory = values->is_set("advisory")};
  if (values->has("minimum-effect")) {
    options.settings.minimum_effect = values->get("minimum-effect", parse_effect);
  }
  for (const auto& file : options.candidate) {
    if (file.native().starts_with("--")) {
      throw UsageError(fmt::format("'{}' after --", printable(file.native())),
                       "Options must come before --.");
    }
  }
  return options;
}

}  // namespace tcpstep
