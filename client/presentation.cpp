#include "client/presentation.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <sstream>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/process.h"
#include "lib/base/text.h"
#include "lib/cli/program.h"
#include "lib/cli/screen.h"
#include "lib/report/render.h"
#include "lib/report/terminal_plot.h"
#include "lib/runfile/run_reader.h"

namespace tcpstep {
namespace {

namespace fs = std::filesystem;

RunCollection runs_of(const std::string& result) {
  RunReader reader(ByteSource(std::make_unique<std::istringstream>(result)), "the result");
  RunCollection runs;
  runs.add(read_run(reader, "the result", RttClock::Application));
  return runs;
}

// tcpstep-analyze has gnuplot draw it; a host without either still has all the rest.
void draw_closeup(const std::vector<fs::path>& files, const fs::path& picture) {
  Command command{sibling_program("tcpstep-analyze", "analysis"), "plot", "--output", picture};
  command.insert(command.end(), files.begin(), files.end());
  const Child child = Child::start(command, [] {
    const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    ::dup2(nowhere, STDOUT_FILENO);
  });
  if (child.wait() != 0) {
    print_message(fmt::format("tcpstep-client: cannot draw {}", picture.string()));
  }
}

void save_all(const fs::path& folder) {
  RunCollection runs;
  std::map<std::string, std::vector<fs::path>> files;  // by link
  for (std::uint64_t i = 1; fs::exists(saved_run(folder, i)); ++i) {
    const Run run = read_run(saved_run(folder, i), RttClock::Application);
    files[run.key.name()].push_back(saved_run(folder, i));
    runs.add(run);
  }
  std::vector<PenaltyTable> tables;
  for (const LinkRuns& link : runs.links()) {
    tables.push_back(penalty_table(link, Statistic::minimum()));
  }
  replace_file(folder / "table.md", render_markdown(tables));
  replace_file(folder / "report.html", render_html(runs.links(), tables));
  for (const LinkRuns& link : runs.links()) {
    const std::string name = link.key.name();
    const std::string suffix = files.size() == 1 ? "" : "-" + name;
    if (link.samples() == 0) {
      continue;
    }
    for (const char* format : {"png", "svg"}) {
      draw_closeup(files[name], folder / fmt::format("closeup{}.{}", suffix, format));
    }
  }
}

}  // namespace

void prepare_folder(const fs::path& folder) {
  fs::create_directories(folder);
  if (fs::exists(saved_run(folder, 1))) {
    throw UsageError(fmt::format("--save: {} already contains a run", printable(folder.string())),
                     "Name another folder: nothing is overwritten.");
  }
}

fs::path saved_run(const fs::path& folder, std::uint64_t number) {
  return folder / (number == 1 ? std::string("run.csv") : fmt::format("run-{}.csv", number));
}

void present(const ClientOptions& options, const ResultOutput& output, const std::string& result) {
  const RunCollection runs = runs_of(result);
  const LinkRuns& link = runs.links().front();
  const std::array tables{penalty_table(link, Statistic::minimum())};
  const Screen screen = screen_of_output();
  if (options.is_json) {
    output.print(render_json(tables));
  } else if (!options.is_quiet) {
    std::string text = render_text(tables, {.screen = screen});
    if (is_output_watched() && options.output != "-") {
      text += '\n' + terminal_plot(link, screen);
    }
    output.print(screen.is_unicode ? text : in_ascii(text));
  }
  if (!options.save.empty()) {
    save_all(options.save);
    if (!options.is_quiet) {
      print_message(fmt::format("tcpstep-client: saved in {}", (options.save / "").string()));
    }
  }
}

}  // namespace tcpstep
