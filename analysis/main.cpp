// tcpstep-analyze: result files in; tables and pictures out.
#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "analysis/commands.h"
#include "analysis/options.h"
#include "analysis/plot.h"
#include "analysis/repair.h"
#include "analysis/report.h"
#include "lib/base/error.h"
#include "lib/cli/program.h"
#include "lib/report/link_drawings.h"

namespace tcpstep {
namespace {

void print_failures(const std::vector<std::string>& failures) {
  for (const std::string& failure : failures) {
    print_lines("tcpstep-analyze: " + failure);
  }
}

int report(const ReportOptions& options) {
  const LoadedRuns loaded = load_runs(options.files, options.clock);
  print_failures(loaded.failures);
  if (!loaded.runs.links().empty()) {
    print_data(render_report(loaded.runs, options));
  }
  return loaded.failures.empty() ? kExitFine : kExitFailed;
}

int plot(const PlotOptions& options) {
  const LoadedRuns loaded = load_runs(options.files, options.clock);
  print_failures(loaded.failures);
  bool is_fine = loaded.failures.empty();
  const auto links = loaded.runs.links();
  const auto is_drawable = [](const LinkRuns& link) { return link.samples() > 0; };
  const auto drawable = std::ranges::count_if(links, is_drawable);
  if (options.file && !options.is_together && drawable > 1) {
    throw UsageError(fmt::format("{} links do not fit in one closeup", drawable),
                     "Add --together, or use --out DIR.");
  }
  const auto output = [&](Drawing drawing, const std::string& name) {
    drawing.name = name;
    drawing.title = options.title.value_or(drawing.title);
    for (const auto& file :
         options.file ? draw_file(drawing, *options.file) : draw(drawing, options.directory)) {
      print_data(file.string() + '\n');
    }
  };
  for (std::size_t i = 0; i < links.size(); ++i) {
    if (!is_drawable(links[i])) {  // the other links are still drawn
      print_message(
          fmt::format("tcpstep-analyze: link {} has no sample to draw", links[i].key.name()));
      is_fine = false;
    } else if (!options.is_together) {
      const std::string stem = picture_stem(links, i);
      if (!options.file) {
        output(all_results(links[i], kPicture), "all-" + stem);
      }
      output(closeup(links[i], kPicture), "closeup-" + stem);
    }
  }
  if (options.is_together && drawable > 0) {
    output(together(links, kPicture), "together");
  }
  return is_fine ? kExitFine : kExitFailed;
}

int validate(const ValidateOptions& options) {
  bool is_fine = true;
  for (const auto& file : options.files) {
    try {
      const Inspection inspection = inspect_run(file);
      if (inspection.is_whole()) {
        print_data(describe(file, inspection) + '\n');
        continue;
      }
      print_message("tcpstep-analyze: " + describe(file, inspection));
    } catch (const WorldError& error) {
      print_failures({message_of(error)});
    } catch (const std::system_error& error) {
      print_failures({message_of(error)});
    }
    is_fine = false;
  }
  return is_fine ? kExitFine : kExitFailed;
}

int repair(const RepairOptions& options) {
  print_message("tcpstep-analyze: " + repair_run(options.file, options.output));
  return kExitFine;
}

int export_runs(const ExportOptions& options) {
  if (options.format == ExportFormat::Go) {
    std::vector<std::string> failures;
    for (const auto& file : options.files) {
      try {
        print_failures(export_go(file, options.clock));
      } catch (const WorldError& error) {
        failures.push_back(message_of(error));
      } catch (const std::system_error& error) {
        failures.push_back(message_of(error));
      }
    }
    print_failures(failures);
    return failures.empty() ? kExitFine : kExitFailed;
  }
  const LoadedRuns loaded = load_runs(options.files, options.clock);
  print_failures(loaded.failures);
  print_failures(loaded.partial);
  if (!loaded.runs.links().empty()) {
    print_data(render_export(loaded.runs, options));
  }
  return loaded.failures.empty() ? kExitFine : kExitFailed;
}

int analyze(const AnalyzeOptions& options) {
  if (const auto* wanted = std::get_if<ExportOptions>(&options)) {
    return export_runs(*wanted);
  }
  if (const auto* wanted = std::get_if<ImportOptions>(&options)) {
    import_files(*wanted);
    return kExitFine;
  }
  if (const auto* wanted = std::get_if<ValidateOptions>(&options)) {
    return validate(*wanted);
  }
  if (const auto* wanted = std::get_if<RepairOptions>(&options)) {
    return repair(*wanted);
  }
  if (const auto* wanted = std::get_if<PlotOptions>(&options)) {
    return plot(*wanted);
  }
  if (const auto* wanted = std::get_if<CompareOptions>(&options)) {
    return compare_files(*wanted);
  }
  if (const auto* wanted = std::get_if<HistoryOptions>(&options)) {
    return report_history(*wanted);
  }
  if (const auto* wanted = std::get_if<AbOptions>(&options)) {
    return run_ab(*wanted);
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
