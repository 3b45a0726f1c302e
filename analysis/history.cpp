#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>
#include <system_error>

#include "analysis/commands.h"
#include "analysis/plot.h"
#include "analysis/report.h"
#include "lib/base/error.h"
#include "lib/cli/program.h"
#include "lib/compare/render_history.h"

namespace tcpstep {
namespace {

namespace fs = std::filesystem;

bool is_result_file(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.ends_with(".csv") || name.ends_with(".csv.gz") || name.ends_with(".csv.zst");
}

// The files, and those in the folders. Each file once, in order.
std::set<fs::path> expand(const std::vector<fs::path>& places) {
  std::set<fs::path> files;
  for (const fs::path& place : places) {
    if (!fs::is_directory(place)) {
      files.insert(place.lexically_normal());
      continue;
    }
    const std::size_t before = files.size();
    for (const auto& entry : fs::directory_iterator(place)) {
      if (entry.is_regular_file() && is_result_file(entry.path())) {
        files.insert(entry.path().lexically_normal());
      }
    }
    if (files.size() == before) {
      throw WorldError(fmt::format("no result file in {}", place.string()),
                       "Result files end in .csv, .csv.gz or .csv.zst.");
    }
  }
  return files;
}

struct Loaded {
  std::vector<Run> runs;
  bool is_whole = true;
};

Loaded load(const std::set<fs::path>& files, RttClock clock) {
  Loaded loaded;
  const auto fail = [&](const std::exception& error) {
    print_lines("tcpstep-analyze: " + message_of(error));
    loaded.is_whole = false;
  };
  for (const fs::path& file : files) {
    try {
      loaded.runs.push_back(read_run(file, clock));
    } catch (const WorldError& error) {
      fail(error);
    } catch (const std::system_error& error) {
      fail(error);
    }
  }
  return loaded;
}

std::string render(const std::vector<History>& links, HistoryFormat format) {
  switch (format) {
    case HistoryFormat::Text:
      return render_text(links);
    case HistoryFormat::Markdown:
      return render_markdown(links);
    case HistoryFormat::Csv:
      return render_csv(links);
    case HistoryFormat::Json:
      return render_json(links);
  }
  return {};
}

bool has(const std::vector<History>& links, Trend trend) {
  return std::any_of(links.begin(), links.end(),
                     [&](const History& link) { return link.trend == trend; });
}

}  // namespace

int report_history(const HistoryOptions& options) {
  Loaded loaded = load(expand(options.files), options.clock);
  const std::vector<History> links = histories(std::move(loaded.runs), options.settings);
  if (!links.empty()) {
    print_data(render(links, options.format));
  }
  for (const History& link : links) {
    if (options.plots && link.columns.empty()) {
      print_message(fmt::format("tcpstep-analyze: link {}: nothing to draw", link.link));
    } else if (options.plots) {
      draw(drawing_of(link), *options.plots);
    }
  }
  if (has(links, Trend::Slower) && !options.is_advisory) {
    return kExitRegression;
  }
  if (!loaded.is_whole) {
    return kExitFailed;
  }
  return has(links, Trend::Inconclusive) && !options.is_advisory ? kExitInconclusive : kExitFine;
}

}  // namespace tcpstep
