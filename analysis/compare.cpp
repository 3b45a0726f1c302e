#include <fcntl.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "analysis/commands.h"
#include "analysis/plot.h"
#include "analysis/report.h"
#include "analysis/selection.h"
#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/cli/program.h"
#include "lib/cli/screen.h"
#include "lib/compare/render.h"

namespace tcpstep {
namespace {

std::vector<Run> load(const std::vector<std::filesystem::path>& files, RttClock clock) {
  std::vector<Run> runs;
  for (const auto& file : files) {
    runs.push_back(read_run(file, clock));
  }
  return runs;
}

// GitHub shows what is appended to this file on the page of the job.
void append_step_summary(const std::string& markdown) {
  const char* path = std::getenv("GITHUB_STEP_SUMMARY");
  if (path == nullptr || *path == '\0') {
    return;
  }
  const Fd file(check_syscall(::open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644),
                              "open {}", path));
  write_all(file, markdown, path);
}

std::string render(const Comparison& comparison, CompareFormat format) {
  switch (format) {
    case CompareFormat::Text: {
      const Screen screen = screen_of_output();
      return shown_on(screen, render_text(comparison, screen));
    }
    case CompareFormat::Markdown:
      return render_markdown(comparison);
    case CompareFormat::Json:
      return render_json(comparison);
    case CompareFormat::Junit:
      return render_junit(comparison);
    case CompareFormat::Github:
      append_step_summary(render_markdown(comparison));
      return render_github(comparison);
  }
  return {};
}

}  // namespace

int exit_status_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::Regression:
      return kExitRegression;
    case Verdict::Inconclusive:
    case Verdict::NotComparable:
      return kExitInconclusive;
    case Verdict::NoRegression:
    case Verdict::Faster:
      break;
  }
  return kExitFine;
}

Comparison compare_runs(const CompareOptions& options) {
  const auto side = [&](const std::vector<std::filesystem::path>& places) {
    return load(files_to_read({.places = places, .filters = options.filters}), options.clock);
  };
  return compare(side(options.baseline), side(options.candidate), options.settings);
}

int compare_files(const CompareOptions& options) {
  const Comparison comparison = compare_runs(options);
  output_text(options.output.text, render(comparison, options.format));
  if (options.output.pictures && comparison.by_size.empty()) {
    print_message("tcpstep-analyze: no payload size to draw: none was measured on both sides");
  } else if (options.output.pictures) {
    draw_into(drawing_of(comparison), *options.output.pictures);
  }
  return options.is_advisory ? kExitFine : exit_status_of(comparison.verdict);
}

}  // namespace tcpstep
