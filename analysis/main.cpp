// tcpstep-analyze: result files in; tables and pictures out.
#include <fmt/format.h>

#include "analysis/compare.h"
#include "analysis/options.h"
#include "analysis/plot.h"
#include "analysis/report.h"
#include "lib/cli/print.h"
#include "lib/cli/run_program.h"

namespace tcpstep {
namespace {

LoadedRuns load(const std::vector<std::filesystem::path>& files, RttClock clock) {
  LoadedRuns loaded = load_runs(files, clock);
  for (const std::string& failure : loaded.failures) {
    print_words("tcpstep-analyze: " + failure);
  }
  return loaded;
}

int report(const ReportOptions& options) {
  LoadedRuns loaded = load(options.files, options.clock);
  if (!loaded.runs.links().empty()) {
    print_data(render_report(loaded.runs, options));
  }
  return loaded.failures.empty() ? kExitFine : kExitFailed;
}

int plot(const PlotOptions& options) {
  LoadedRuns loaded = load(options.files, options.clock);
  bool is_fine = loaded.failures.empty();
  const auto links = loaded.runs.links();
  for (std::size_t i = 0; i < links.size(); ++i) {
    if (links[i].samples() == 0) {  // takes nothing from the other links
      print_words(fmt::format("tcpstep-analyze: link {} has no sample to draw", links[i].link));
      is_fine = false;
      continue;
    }
    for (const auto& file : plot_link(links[i], picture_stem(links, i), options.directory)) {
      print_data(file.string() + '\n');
    }
  }
  return is_fine ? kExitFine : kExitFailed;
}

int analyze(const AnalyzeOptions& options) {
  if (const auto* wanted = std::get_if<PlotOptions>(&options)) {
    return plot(*wanted);
  }
  if (const auto* wanted = std::get_if<CompareOptions>(&options)) {
    return compare_files(*wanted);
  }
  return report(std::get<ReportOptions>(options));
}

}  // namespace
}  // namespace tcpstep

int main(int argc, char** argv) {
  return tcpstep::run_program("tcpstep-analyze", [&] {
    const auto options = tcpstep::parse_analyze_options(argc, argv);
    return options ? tcpstep::analyze(*options) : tcpstep::kExitFine;
  });
}
