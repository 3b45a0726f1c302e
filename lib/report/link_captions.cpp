#include "lib/report/link_captions.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "lib/base/text.h"
#include "lib/report/rows.h"

namespace tcpstep {
namespace {

constexpr std::size_t kMostSpots = 1500;  // of a picture: each takes a hundred bytes of a page

}  // namespace

Caption caption_of(const LinkRuns& link, const PenaltyTable& table) {
  Caption caption{.where = heading(table).substr(table.link.size() + 2),
                  .version = version_of(link),
                  .warnings = table.warnings};
  if (table.senders.empty() || table.receivers.empty()) {
    caption.where.insert(0, link.key.is_up ? "client → server, " : "server → client, ");
  }
  return caption;
}

Caption caption_of(const RunCollection& runs) {
  Caption all;
  for (const LinkRuns& link : runs.links()) {
    Caption caption = caption_of(link, penalty_table(link, Statistic::minimum()));
    if (all.where.empty()) {
      all = std::move(caption);
      continue;
    }
    all.version = caption.version == all.version ? all.version : "";
    for (Warning& warning : caption.warnings) {
      if (std::ranges::find(all.warnings, warning.key, &Warning::key) == all.warnings.end()) {
        all.warnings.push_back(std::move(warning));
      }
    }
  }
  return all;
}

std::vector<std::string> subtitle_of(const Caption& caption, const std::string& extent) {
  std::vector<std::string> lines{caption.where + ", " + extent};
  if (!caption.version.empty()) {
    lines.front() += ", " + caption.version;
  }
  std::vector<std::string> texts;
  for (const Warning& warning : caption.warnings) {
    texts.push_back(warning.text);
  }
  if (std::string warnings = warning_line(texts); !warnings.empty()) {
    lines.push_back(std::move(warnings));
  }
  return lines;
}

std::vector<std::string> subtitle_of(const LinkRuns& link, const PenaltyTable& table) {
  Caption caption = caption_of(link, table);
  std::vector<Warning> all;
  for (const std::string& caveat : caveats(table)) {
    all.push_back({.key = {}, .text = caveat, .remedy = {}});
  }
  all.insert(all.end(), caption.warnings.begin(), caption.warnings.end());
  caption.warnings = std::move(all);
  return subtitle_of(caption, extent(table));
}

std::vector<std::string> warnings_of(const PenaltyTable& table) {
  std::vector<std::string> warnings = caveats(table);
  for (const Warning& warning : table.warnings) {
    warnings.push_back(warning.text);
  }
  return warnings;
}

std::string warning_line(const std::vector<std::string>& warnings) {
  constexpr std::size_t kRoom = 170;  // characters
  std::string line;
  std::size_t named = 0;
  for (const std::string& warning : warnings) {
    if (named > 0 && line.size() + warning.size() > kRoom) {
      return fmt::format("{} (and {} more)", line, warnings.size() - named);
    }
    line += (named++ == 0 ? "! " : "  ! ") + warning;
  }
  return line;
}

std::string version_of(const LinkRuns& link) {
  if (link.varying.contains("tool")) {
    return {};
  }
  const std::string_view tool = link.header.find("tool").value_or("");
  return std::string(tool.substr(0, tool.find(" (")));
}

void add_spots(Panel& panel, const LinkRuns& link, bool is_relative) {
  const RttUnit unit = unit_for(link.fastest());
  const auto smallest = static_cast<double>(link.series.begin()->second.minimum().count());
  if (panel.spots.size() + link.series.size() > kMostSpots) {
    return;
  }
  for (const auto& [size, samples] : link.series) {
    const double percent = 100 * (static_cast<double>(samples.minimum().count()) / smallest - 1);
    std::string text =
        fmt::format("{}, {}: {}, {:+.1f} %", printable(link.key.name()),
                    count_of(size.bytes(), "byte"), format_duration(samples.minimum()), percent);
    if (link.key.mss) {
      text += ", " + count_of(segments_needed(size, *link.key.mss), "packet");
    }
    panel.spots.push_back({static_cast<double>(size.bytes()),
                           is_relative ? percent : unit.of(samples.minimum()),
                           text + ", " + count_of(samples.size(), "ping")});
  }
}

}  // namespace tcpstep
