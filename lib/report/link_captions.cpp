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

std::vector<std::string> subtitle_of(const LinkRuns& link, const PenaltyTable& table) {
  std::string facts = heading(table).substr(table.link.size() + 2);
  if (table.senders.empty() || table.receivers.empty()) {
    facts.insert(0, link.key.is_up ? "client → server, " : "server → client, ");
  }
  facts += ", " + extent(table);
  if (const std::string version = version_of(link); !version.empty()) {
    facts += ", " + version;
  }
  std::vector<std::string> lines{std::move(facts)};
  if (std::string warnings = warning_line(warnings_of(table)); !warnings.empty()) {
    lines.push_back(std::move(warnings));
  }
  return lines;
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
