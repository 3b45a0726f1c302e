#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

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
    case HistoryFormat::Html:
      break;
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

// The files by name: of two files with the same run, the first one counts.
Found find(const HistoryOptions& options) {
  std::vector<fs::path> files = files_to_read(options.series);
  Found found;
  std::vector<std::string> failures;
  if (const auto pairs = files_by_pair(files); !pairs.empty()) {
    MeshHistory mesh = mesh_history(pairs, options);
    failures = std::move(mesh.failures);
    found = {.links = std::move(mesh.pairs), .is_mesh = true};
  } else {
    std::ranges::sort(files);
    HistorySettings settings = options.settings;
    settings.threads = processors();
    found.links = histories(runs_of(files, options, Threads::All, failures), settings);
  }
  for (const std::string& failure : failures) {
    print_lines("tcpstep-analyze: " + failure);
  }
  found.is_whole = failures.empty();
  return found;
}

// "132 paths: 23 slower, 0 faster, 109 without change, 0 cannot tell".
std::string count_trends(const std::vector<History>& links, std::string_view what) {
  const auto count = [&](Trend trend) { return std::ranges::count(links, trend, &History::trend); };
  return fmt::format("{}: {} slower, {} faster, {} without change, {} cannot tell",
                     count_of(links.size(), what), count(Trend::Slower), count(Trend::Faster),
                     count(Trend::Steady), count(Trend::Inconclusive));
}

std::string render_page(const Found& found) {
  std::vector<std::string> summary{count_trends(found.links, found.is_mesh ? "path" : "link")};
  if (found.is_mesh) {
    std::ranges::move(slower_in_mesh(found.links), std::back_inserter(summary));
  }
  return render_html(found.links, summary);
}

// Of a mesh: what became slower, and in text only the pairs of which there is something to say.
std::string render_mesh(const std::vector<History>& pairs, HistoryFormat format) {
  if (format == HistoryFormat::Csv || format == HistoryFormat::Json) {
    return render(pairs, format);
  }
  std::vector<History> told;
  std::ranges::copy_if(pairs, std::back_inserter(told),
                       [](const History& history) { return history.trend != Trend::Steady; });
  std::string text = count_trends(pairs, "path") + '\n';
  for (const std::string& line : slower_in_mesh(pairs)) {
    text += (format == HistoryFormat::Markdown ? "- " : "  ") + line + '\n';
  }
  if (format == HistoryFormat::Text) {
    const Screen screen = screen_of_output();
    text = shown_on(screen, wrapped_lines(text, screen.columns));
  }
  return text + (told.empty() ? "" : '\n' + render(told, format));
}

}  // namespace

int report_history(const HistoryOptions& options) {
  const Found found = find(options);
  const auto& [links, is_whole, is_mesh] = found;
  if (!links.empty()) {
    output_text(options.output.text, options.format == HistoryFormat::Html ? render_page(found)
                                     : is_mesh ? render_mesh(links, options.format)
                                               : render(links, options.format));
  }
  if (options.output.pictures) {
    draw_links(links, *options.output.pictures);
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
