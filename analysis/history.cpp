#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <variant>

#include "analysis/commands.h"
#include "analysis/common_options.h"
#include "analysis/mesh_history.h"
#include "analysis/plot.h"
#include "analysis/report.h"
#include "analysis/selection.h"
#include "lib/base/error.h"
#include "lib/base/text.h"
#include "lib/cli/program.h"
#include "lib/cli/screen.h"
#include "lib/compare/render_history.h"

namespace tcpstep {
namespace {

namespace fs = std::filesystem;

struct Loaded {
  std::vector<Run> runs;
  bool is_whole = true;
};

// The files by name: of two files with the same run, the first one counts.
Loaded load(std::vector<fs::path> files, const HistoryOptions& options) {
  std::ranges::sort(files);
  Loaded loaded;
  for_each_run(files, options.clock, [&](const fs::path& /*file*/, ReadRun outcome) {
    if (auto* run = std::get_if<Run>(&outcome)) {
      loaded.runs.push_back(std::move(*run));
      loaded.runs.back().divide(options.by);
    } else {
      print_lines("tcpstep-analyze: " + std::get<std::string>(outcome));
      loaded.is_whole = false;
    }
  });
  return loaded;
}

std::string render(const std::vector<History>& links, HistoryFormat format) {
  switch (format) {
    case HistoryFormat::Text: {
      const Screen screen = screen_of_output();
      return shown_on(screen, render_text(links, screen));
    }
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

void draw_links(const std::vector<History>& links, const fs::path& output) {
  const auto drawable =
      std::ranges::count_if(links, [](const History& link) { return !link.columns.empty(); });
  if (is_picture(output) && drawable > 1) {
    throw UsageError(fmt::format("{} links do not fit in one picture", drawable),
                     "Choose one with --link, or name a folder.");
  }
  for (const History& link : links) {
    if (link.columns.empty()) {
      print_message(fmt::format("tcpstep-analyze: link {}: nothing to draw", link.link));
    } else {
      draw_into(drawing_of(link), output);
    }
  }
}

struct Found {
  std::vector<History> links;
  bool is_whole = true;
  bool is_mesh = false;
};

Found find(const HistoryOptions& options) {
  std::vector<fs::path> files = files_to_read(options.series);
  if (const auto pairs = files_by_pair(files); !pairs.empty()) {
    MeshHistory mesh = mesh_history(pairs, options);
    for (const std::string& failure : mesh.failures) {
      print_lines("tcpstep-analyze: " + failure);
    }
    return {.links = std::move(mesh.pairs), .is_whole = mesh.failures.empty(), .is_mesh = true};
  }
  Loaded loaded = load(std::move(files), options);
  return {.links = histories(std::move(loaded.runs), options.settings),
          .is_whole = loaded.is_whole};
}

// Of a mesh: what became slower, and in text only the pairs of which there is something to say.
std::string render_mesh(const std::vector<History>& pairs, HistoryFormat format) {
  if (format == HistoryFormat::Csv || format == HistoryFormat::Json) {
    return render(pairs, format);
  }
  std::vector<History> told;
  std::map<Trend, std::size_t> counts;
  for (const History& history : pairs) {
    ++counts[history.trend];
    if (history.trend != Trend::Steady) {
      told.push_back(history);
    }
  }
  std::string text =
      fmt::format("{}: {} slower, {} faster, {} without change, {} cannot tell\n",
                  count_of(pairs.size(), "path"), counts[Trend::Slower], counts[Trend::Faster],
                  counts[Trend::Steady], counts[Trend::Inconclusive]);
  for (const std::string& line : slower_in_mesh(pairs)) {
    text += (format == HistoryFormat::Markdown ? "- " : "  ") + line + '\n';
  }
  if (format == HistoryFormat::Text) {
    text = shown_on(screen_of_output(), text);
  }
  return text + (told.empty() ? "" : '\n' + render(told, format));
}

}  // namespace

int report_history(const HistoryOptions& options) {
  const auto [links, is_whole, is_mesh] = find(options);
  if (!links.empty()) {
    print_data(is_mesh ? render_mesh(links, options.format) : render(links, options.format));
  }
  if (options.picture) {
    draw_links(links, *options.picture);
  }
  if (has(links, Trend::Slower) && !options.is_advisory) {
    return kExitRegression;
  }
  if (!is_whole) {
    return kExitFailed;
  }
  return has(links, Trend::Inconclusive) && !options.is_advisory ? kExitInconclusive : kExitFine;
}

}  // namespace tcpstep
