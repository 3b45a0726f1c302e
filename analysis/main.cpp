// tcpstep-analyze: result files in; tables and pictures out.
#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <system_error>

#include "analysis/commands.h"
#include "analysis/common_options.h"
#include "analysis/options.h"
#include "analysis/plot.h"
#include "analysis/repair.h"
#include "analysis/report.h"
#include "analysis/selection.h"
#include "lib/base/error.h"
#include "lib/base/escape.h"
#include "lib/cli/program.h"
#include "lib/cli/screen.h"
#include "lib/report/link_drawings.h"
#include "lib/report/render.h"
#include "lib/runfile/run_reader.h"

namespace tcpstep {
namespace {

// Every file needs the same buffers: what one frees is kept for the next, instead of asking the
// kernel for it, in new pages, a hundred thousand times.
void keep_freed_memory() {
  constexpr int kLargestBuffer = 1 << 20;
  ::mallopt(M_MMAP_THRESHOLD, kLargestBuffer);
  ::mallopt(M_TRIM_THRESHOLD, 4 * kLargestBuffer);
}

void print_failures(const std::vector<std::string>& failures) {
  for (const std::string& failure : failures) {
    print_lines("tcpstep-analyze: " + failure);
  }
}

int run(const ReportOptions& options) {
  const bool has_overview = options.format == ReportFormat::Text ||
                            options.format == ReportFormat::Markdown ||
                            options.format == ReportFormat::Html;
  LoadedRuns loaded = load_runs(files_to_read(options.runs),
                                {.clock = options.clock, .by = options.by, .keeps = has_overview});
  print_failures(loaded.failures);
  const bool is_fine = loaded.failures.empty();
  if (!loaded.runs.links().empty()) {
    output_text(options.output, render_report(std::move(loaded), options));
  }
  return is_fine ? kExitFine : kExitFailed;
}

// Calls `look` with each file; prints what fails. Returns the exit status.
template <class Look>
int for_each_file(const std::vector<std::filesystem::path>& files, Look&& look) {
  bool is_fine = true;
  for (const auto& file : files) {
    try {
      is_fine = look(file) && is_fine;
    } catch (const WorldError& error) {
      print_failures({message_of(error)});
      is_fine = false;
    } catch (const std::system_error& error) {
      print_failures({message_of(error)});
      is_fine = false;
    }
  }
  return is_fine ? kExitFine : kExitFailed;
}

int run(const ShowOptions& options) {
  const Screen screen = screen_of_output();
  bool is_first = true;
  return for_each_file(files_to_read(options.runs), [&](const std::filesystem::path& file) {
    const Run run = read_run(file, RttClock::Application, processors());
    print_text((is_first ? "" : "\n") + run_text(run, screen), screen);
    is_first = false;
    return !run.is_unverified;
  });
}

int run(const PlotOptions& options) {
  const LoadedRuns loaded =
      load_runs(files_to_read(options.runs), {.clock = options.clock, .by = options.by});
  const bool has_one = is_picture(options.output);
  print_failures(loaded.failures);
  bool is_fine = loaded.failures.empty();
  const auto links = loaded.runs.links();
  const auto is_drawable = [](const LinkRuns& link) { return link.samples() > 0; };
  const auto drawable = std::ranges::count_if(links, is_drawable);
  if (has_one && !options.is_together && drawable > 1) {
    throw UsageError(fmt::format("{} links do not fit in one closeup", drawable),
                     "Add --together, choose one with --link, or name a folder.");
  }
  const auto output = [&](Drawing drawing, const std::string& name) {
    drawing.name = name;
    drawing.title = options.title.value_or(drawing.title);
    for (const auto& file : draw_into(drawing, options.output)) {
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
      if (!has_one) {
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

int run(const ValidateOptions& options) {
  return for_each_file(files_to_read(options.runs), [](const std::filesystem::path& file) {
    const Inspection inspection = inspect_run(file);
    if (inspection.is_whole()) {
      print_data(describe(file, inspection) + '\n');
    } else {
      print_message("tcpstep-analyze: " + describe(file, inspection));
    }
    return inspection.is_whole();
  });
}

int run(const RepairOptions& options) {
  print_message("tcpstep-analyze: " + repair_run(options.file, options.output));
  return kExitFine;
}

int run(const ExportOptions& options) {
  if (options.format == ExportFormat::Go) {
    return for_each_file(files_to_read(options.runs), [&](const std::filesystem::path& file) {
      print_failures(export_go(file, options.clock));
      return true;
    });
  }
  const LoadedRuns loaded = load_runs(files_to_read(options.runs), {.clock = options.clock});
  print_failures(loaded.failures);
  print_failures(loaded.partial);
  if (!loaded.runs.links().empty()) {
    output_text(options.output, render_export(loaded.runs, options));
  }
  return loaded.failures.empty() ? kExitFine : kExitFailed;
}

int run(const ImportOptions& options) {
  import_files(options);
  return kExitFine;
}

int run(const CompareOptions& options) {
  return compare_files(options);
}

int run(const HistoryOptions& options) {
  return report_history(options);
}

int run(const MatrixOptions& options) {
  return report_matrix(options);
}

int run(const AbOptions& options) {
  return run_ab(options);
}

}  // namespace
}  // namespace tcpstep

int main(int argc, char** argv) {
  return tcpstep::run_program("tcpstep-analyze", [&] {
    tcpstep::end_with_reader();
    tcpstep::keep_freed_memory();
    const auto options = tcpstep::parse_analyze_options(argc, argv);
    return options ? std::visit([](const auto& wanted) { return tcpstep::run(wanted); }, *options)
                   : tcpstep::kExitFine;
  });
}
