#include "analysis/history_options.h"

#include <chrono>

#include "analysis/common_options.h"
#include "lib/cli/command_line.h"

namespace tcpstep {
namespace {

constexpr auto kFirstVersion = std::chrono::year(2014) / 1 / 1;  // no run is older
constexpr std::chrono::hours kClocksDiffer(24);                  // between two hosts, at most

constexpr auto kHistoryFormats =
    std::to_array<Word<HistoryFormat>>({{"text", HistoryFormat::Text},
                                        {"markdown", HistoryFormat::Markdown},
                                        {"csv", HistoryFormat::Csv},
                                        {"json", HistoryFormat::Json},
                                        {"html", HistoryFormat::Html}});

PlausibleTimes plausible_times() {
  return {.earliest = std::chrono::sys_days(kFirstVersion),
          .latest = std::chrono::system_clock::now() + kClocksDiffer};
}

}  // namespace

HistorySettings default_history_settings() {
  return {.plausible = plausible_times()};
}

std::optional<HistoryOptions> parse_history_options(int argc, const char* const* argv) {
  CommandLine line(
      "tcpstep-analyze history [options] FILE...",
      "Finds when each link became slower or faster, in its runs of days or years. Exit status "
      "0: not\nslower, 3: slower since the newest change, 4: cannot tell.",
      "Examples:\n  tcpstep-analyze history results\n"
      "  tcpstep-analyze history --by day -o history.html results\n"
      "  tcpstep-analyze history --by day --link lan -o lan.png results\n");
  line.positional("FILE", 1, kMostFiles);
  line.group("History");
  line.value("alpha", "P", "0.01",
             "false alarms allowed in the whole history of a link, or of a mesh");
  line.value("minimum-effect", "SHARE", "2%",
             "smallest change that counts; for tails at least 25%");
  line.value("sensitivity", "SHARE", "50%", "exit with 4 if only larger changes would be found");
  declare_parts(
      line,
      "link, label, host (of the client): one series for each; day: the median of a day's "
      "runs counts as one");
  line.flag("ignore-environment",
            "treat as one series even if host, interface or transport differ");
  line.flag("advisory", "exit with 0 whatever the verdict");
  declare_clock(line);
  line.value("format,f", "WORD", "html: a page [text, or what --output ends in]");
  line.words("format", kHistoryFormats);
  line.value(
      "output,o", "PATH",
      "a file for the text (.md, .csv, .json, .html); or also draw each link: a picture (.png, "
      ".svg, .pdf), or a folder");
  declare_filters(line);
  const auto values = line.parse(argc, argv);
  if (!values) {
    return std::nullopt;
  }
  const RunPart by = part_of(*values);
  HistoryOptions options{
      .series = selection_of(*values),
      .by = by == RunPart::Day ? RunPart::None : by,
      .clock = clock_of(*values),
      .settings = {.alpha = values->get("alpha", parse_alpha),
                   .minimum_effect = values->get("minimum-effect", parse_effect),
                   .sensitivity = values->get("sensitivity", parse_effect),
                   .plausible = plausible_times(),
                   .unit = by == RunPart::Day ? HistoryUnit::Day : HistoryUnit::Run,
                   .ignores_environment = values->is_set("ignore-environment")},
      .format = text_format_of(*values, kHistoryFormats),
      .output = outputs_of(*values, kHistoryFormats),
      .is_advisory = values->is_set("advisory")};
  return options;
}

}  // namespace tcpstep
