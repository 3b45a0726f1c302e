#include "lib/compare/history_rows.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lib/base/text.h"
#include "lib/compare/render.h"
#include "lib/compare/render_history.h"
#include "lib/stats/change_points.h"

namespace tcpstep {
namespace {

std::string since(const History& history, const HistoryChange& change) {
  return utc(history.points[change.first].started);
}

std::string sizes_of(const Contrast& contrast) {
  return contrast.segments == 0
             ? "all sizes"
             : fmt::format("{} segment{}", class_word(contrast),
                           contrast.segments == 1 && !contrast.is_and_more ? "" : "s");
}

std::string words_of(const ContrastChange& change) {
  return fmt::format("{} of {} {}", word(change.contrast.family), sizes_of(change.contrast),
                     percent(change.change));
}

}  // namespace

std::string utc(std::chrono::sys_time<Duration> time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}Z",
                     std::chrono::time_point_cast<std::chrono::seconds>(time));
}

std::string_view word(Trend trend) {
  switch (trend) {
    case Trend::Steady:
      return "steady";
    case Trend::Faster:
      return "faster";
    case Trend::Slower:
      return "slower";
    case Trend::Inconclusive:
      return "inconclusive";
  }
  return {};
}

std::string headline(const History& history) {
  switch (history.trend) {
    case Trend::Slower:
      return fmt::format("SLOWER since {}: {}", since(history, history.changes.back()),
                         main_finding(history.changes.back()));
    case Trend::Faster:
      return fmt::format("FASTER since {}: {}", since(history, history.changes.back()),
                         main_finding(history.changes.back()));
    case Trend::Steady:
      return "NO CHANGE";
    case Trend::Inconclusive:
      return "INCONCLUSIVE: " + history.reasons.front();
  }
  return {};
}

std::vector<ChangeCells> change_rows(const History& history) {
  std::vector<ChangeCells> rows;
  for (const HistoryChange& change : history.changes) {
    std::string date = since(history, change);
    for (const ContrastChange& one : change.contrasts) {
      if (!one.is_slower && !one.is_faster && one.contrast != Contrast{.family = Family::Floor}) {
        continue;
      }
      rows.push_back({date, std::string(word(one.contrast.family)), class_word(one.contrast),
                      percent(one.change),
                      fmt::format("{:+.2f} to {:+.2f} %", 100 * std::expm1(one.low),
                                  100 * std::expm1(one.high)),
                      fmt::format("{:.4f}", one.p),
                      one.is_slower   ? "slower"
                      : one.is_faster ? "faster"
                                      : ""});
      date.clear();
    }
  }
  return rows;
}

// All sizes, if no class stayed behind; otherwise the first class that moved.
std::string main_finding(const HistoryChange& change) {
  const auto finding = change.is_slower() ? &ContrastChange::is_slower : &ContrastChange::is_faster;
  const auto moved = [&](const ContrastChange& one) { return one.*finding; };
  const bool is_everywhere = std::all_of(
      change.contrasts.begin(), change.contrasts.end(),
      [&](const auto& one) { return one.contrast.family != Family::Floor || moved(one); });
  const auto first = std::find_if(change.contrasts.begin(), change.contrasts.end(), moved);
  const auto in_class =
      std::find_if(change.contrasts.begin(), change.contrasts.end(),
                   [&](const auto& one) { return moved(one) && one.contrast.segments > 0; });
  return words_of(is_everywhere || in_class == change.contrasts.end() ? *first : *in_class);
}

std::string subject_line(const History& history) {
  std::string text = fmt::format("{}: {}", history.link, count_of(history.runs, "run"));
  if (history.settings.unit == HistoryUnit::Day) {
    text += fmt::format(" on {}", count_of(history.points.size(), "day"));
  }
  if (!history.points.empty()) {
    text += fmt::format(", {} to {}", utc(history.points.front().started),
                        utc(history.points.back().started));
  }
  if (history.sizes > 0) {
    text += fmt::format(", {}, {}, {}", count_of(history.rounds, "round"),
                        count_of(history.sizes, "size"),
                        history.mss ? fmt::format("MSS {}", history.mss->bytes()) : "MSS unknown");
  }
  return text;
}

std::vector<std::string> remarks(const History& history) {
  std::vector<std::string> lines;
  if (history.reasons.size() > 1) {
    lines.insert(lines.end(), history.reasons.begin() + 1, history.reasons.end());
  }
  if (!history.remedy.empty()) {
    lines.push_back(history.remedy);
  }
  for (const HistoryChange& change : history.changes) {
    lines.push_back(fmt::format("the level changed from {} ({}) to {} ({})",
                                utc(history.points[change.first - 1].started),
                                history.points[change.first - 1].name, since(history, change),
                                history.points[change.first].name));
    for (const EnvironmentChange& environment : change.environment) {
      lines.push_back(fmt::format("  {}, at {}: {} before, {} then", environment.difference.what,
                                  utc(history.points[environment.point].started),
                                  environment.difference.baseline,
                                  environment.difference.candidate));
    }
  }
  if (!history.columns.empty() && history.columns.front().visible) {
    lines.push_back(fmt::format(
        "in the newest {} a lasting change would show from about {:.1f} % on ({} of {})",
        count_of(kFewestInSegment, history.settings.unit == HistoryUnit::Day ? "day" : "run"),
        100 * std::expm1(*history.columns.front().visible),
        word(history.columns.front().contrast.family), sizes_of(history.columns.front().contrast)));
  } else if (!history.changes.empty() &&
             history.points.size() - history.changes.back().first < kFewestToSearch) {
    lines.push_back(fmt::format(
        "since then there are too few to find another change: {} is the least", kFewestToSearch));
  } else if (history.trend != Trend::Inconclusive) {
    lines.push_back(fmt::format(
        "levels came and went as those of a host with modes do: pin both programs. One "
        "that came before counts as lasting from {} on",
        count_of(kLastingAgain, history.settings.unit == HistoryUnit::Day ? "day" : "run")));
  }
  lines.insert(lines.end(), history.notes.begin(), history.notes.end());
  return lines;
}

}  // namespace tcpstep
