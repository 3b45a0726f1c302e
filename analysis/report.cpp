#include "analysis/report.h"

#include <fmt/format.h>

#include <exception>
#include <set>

#include "lib/base/error.h"
#include "lib/report/render.h"

namespace tcpstep {

LoadedRuns load_runs(const std::vector<std::filesystem::path>& files, RttClock clock) {
  LoadedRuns loaded{.runs = RunCollection(clock), .failures = {}};
  std::set<std::filesystem::path> seen;
  for (const auto& file : files) {
    if (!seen.insert(file.lexically_normal()).second) {
      loaded.failures.push_back(fmt::format("{} is named twice, counted once", file.string()));
      continue;
    }
    try {
      RunReader reader(file);
      if (!loaded.runs.add(reader)) {
        loaded.failures.push_back(
            fmt::format("{} holds a run that another file holds too, counted once", file.string()));
      }
    } catch (const WorldError& error) {
      loaded.failures.push_back(error.hint().empty()
                                    ? error.what()
                                    : fmt::format("{}\n  {}", error.what(), error.hint()));
    } catch (const std::system_error& error) {
      loaded.failures.emplace_back(error.what());
    }
  }
  return loaded;
}

std::string render_report(RunCollection& runs, const ReportOptions& options) {
  std::vector<PenaltyTable> tables;
  for (const LinkRuns& link : runs.links()) {
    tables.push_back(penalty_table(link, options.statistic));
  }
  switch (options.format) {
    case ReportFormat::Text:
      return render_text(tables);
    case ReportFormat::Markdown:
      return render_markdown(tables);
    case ReportFormat::Csv:
      return render_csv(tables);
    case ReportFormat::Json:
      return render_json(tables);
  }
  return {};
}

}  // namespace tcpstep
