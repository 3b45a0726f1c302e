#include "lib/report/link_captions.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "lib/base/screen_text.h"
#include "lib/base/text.h"
#include "lib/report/rows.h"
#include "lib/report/warnings.h"

namespace tcpstep {
namespace {

constexpr std::size_t kMostSpots = 1500;  // of a picture: each takes 150 bytes of a page
constexpr std::size_t kLongestName = 20;  // characters: beside a value there is little room

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
      const auto known = std::ranges::find(all.warnings, warning.key, &Warning::key);
      if (known == all.warnings.end()) {
        all.warnings.push_back(std::move(warning));
      } else {
        known->remedy = shared_remedy(*known, warning);
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
  if (std::string warnings = warning_line(caption.warnings); !warnings.empty()) {
    lines.push_back(std::move(warnings));
  }
  return lines;
}

std::vector<std::string> subtitle_of(const LinkRuns& link, const PenaltyTable& table) {
  Caption caption = caption_of(link, table);
  caption.warnings = warnings_of(table);
  return subtitle_of(caption, extent(table));
}

std::vector<Warning> warnings_of(const PenaltyTable& table) {
  std::vector<Warning> warnings;
  for (const std::string& caveat : caveats(table)) {
    warnings.push_back({.key = {}, .text = caveat, .remedy = {}});
  }
  warnings.insert(warnings.end(), table.warnings.begin(), table.warnings.end());
  return warnings;
}

std::string warning_line(std::vector<Warning> warnings) {
  constexpr std::size_t kRoom = 185;  // characters
  std::stable_partition(warnings.begin(), warnings.end(),
                        [](const Warning& warning) { return warning.key == kSegmentsMerged; });
  std::string line;
  for (std::size_t i = 0; i < warnings.size(); ++i) {
    const auto& [key, text, remedy] = warnings[i];
    const std::string mark = i == 0 ? "! " : "  ! ";
    const std::string more = fmt::format(" (and {} more)", warnings.size() - i);
    const std::size_t room = kRoom - std::min(kRoom, line.size() + mark.size());
    const std::string first_step = remedy.substr(0, remedy.find(';'));
    if (i == 0 && !remedy.empty() && text.size() + 1 + remedy.size() <= room) {
      line = mark + text + ' ' + remedy;
    } else if (i == 0 && !remedy.empty() && text.size() + 1 + first_step.size() <= room) {
      line = mark + text + ' ' + first_step;
    } else if (i == 0 || text.size() + (i + 1 < warnings.size() ? more.size() : 0) <= room) {
      line += mark + text;
    } else {
      return line.size() + more.size() <= kRoom ? line + more : line;
    }
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
    std::string text = fmt::format("{}: {}, {:+.1f} %", count_of(size.bytes(), "byte"),
                                   format_duration(samples.minimum()), percent);
    if (is_relative) {
      text.insert(0, cut_to(printable(link.key.name()), kLongestName) + ", ");
    } else {
      text += link.key.mss ? ", " + count_of(segments_needed(size, *link.key.mss), "packet") : "";
      text += ", " + count_of(samples.size(), "ping");
    }
    panel.spots.push_back({static_cast<double>(size.bytes()),
                           is_relative ? percent : unit.of(samples.minimum()), std::move(text)});
  }
}

}  // namespace tcpstep
