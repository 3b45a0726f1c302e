#include "lib/compare/history_rows.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "lib/base/text.h"
#include "lib/compare/render_history.h"
#include "lib/report/rows.h"
#include "lib/report/warnings.h"
#include "lib/stats/change_points.h"
#include "lib/stats/estimators.h"

namespace tcpstep {
namespace {

// "2026-03-04 02:00", in UTC.
std::string minute(std::chrono::sys_time<Duration> time) {
  std::string stamp = utc(time).substr(0, 16);
  stamp[10] = ' ';
  return stamp;
}

std::string why_inconclusive(const History& history) {
  const std::size_t points = history.points.size();
  return points >= kFewestToSearch ? "cannot tell"
                                   : fmt::format("too few: {} of {}", points, kFewestToSearch);
}

// "2026-03-04", or "4 Mar 02:00" in a history of a few days.
std::string day_in(const History& history, std::chrono::sys_time<Duration> time) {
  constexpr std::chrono::days kFew(3);
  const std::string stamp = utc(time);
  return history.points.back().started - history.points.front().started > kFew
             ? stamp.substr(0, 10)
             : fmt::format("{} {}", short_day(time), stamp.substr(11, 5));
}

std::string sizes_of(const Contrast& contrast) {
  return contrast.segments == 0
             ? "all sizes"
             : fmt::format("{} segment{}", class_word(contrast),
                           contrast.segments == 1 && !contrast.is_and_more ? "" : "s");
}

std::string time_of(std::optional<double> ns) {
  return ns ? format_duration(Duration(std::llround(*ns))) : "";
}

std::string text_of(const ContrastChange& change) {
  return fmt::format("{} of {} {}", to_word(change.contrast.family), sizes_of(change.contrast),
                     percent(change.change));
}

// All sizes, if no class stayed behind; otherwise the first class that moved.
const ContrastChange& main_change(const std::vector<ContrastChange>& contrasts, bool is_slower) {
  const auto finding = is_slower ? &ContrastChange::is_slower : &ContrastChange::is_faster;
  const auto moved = [&](const ContrastChange& one) { return one.*finding; };
  const bool is_everywhere = std::all_of(contrasts.begin(), contrasts.end(), [&](const auto& one) {
    return one.contrast.family != Family::Floor || moved(one);
  });
  const auto first = std::find_if(contrasts.begin(), contrasts.end(), moved);
  const auto in_class = std::find_if(contrasts.begin(), contrasts.end(), [&](const auto& one) {
    return moved(one) && one.contrast.segments > 0;
  });
  return is_everywhere || in_class == contrasts.end() ? *first : *in_class;
}

// With the times before and after.
std::string finding_of(const std::vector<ContrastChange>& contrasts, bool is_slower) {
  const ContrastChange& change = main_change(contrasts, is_slower);
  return change.now_ns ? fmt::format("{} ({} to {})", text_of(change), time_of(change.before_ns),
                                     time_of(change.now_ns))
                       : text_of(change);
}

// "gradually between 2026-01-10 and 2026-02-20, about +0.25 % per day: ...".
std::string creep_text(const History& history) {
  const HistoryCreep& creep = *history.creep;
  const auto middle = [&](std::size_t first) {
    return history.points[first + creep.third / 2].started;
  };
  const auto from = middle(creep.begin);
  const auto to = middle(history.points.size() - creep.third);
  const double days =
      std::max(1e-9, std::chrono::duration<double, std::ratio<86400>>(to - from).count());
  const double rate = 100 * std::expm1(creep.contrasts.front().change / days);
  return fmt::format("gradually between {} and {}, about {:+.2f} % per day: {}",
                     day_in(history, from), day_in(history, to), rate,
                     finding_of(creep.contrasts, creep.is_slower()));
}

// "+160 %", "×20" where percent means little.
std::string short_change(double change) {
  const double factor = std::exp(change);
  return factor > 10 ? fmt::format("×{:.0f}", factor)
                     : fmt::format("{:+.0f} %", 100 * (factor - 1));
}

// The level of the newest points and the one before, where nothing was found between them.
using Levels = std::pair<std::optional<double>, std::optional<double>>;

Levels newest_levels(const History& history) {
  if (history.unconfirmed) {
    return {history.unconfirmed->before_ns, history.unconfirmed->now_ns};
  }
  if (history.columns.empty() || history.columns.front().contrast.family != Family::Floor) {
    return {};
  }
  const ContrastColumn& values = history.columns.front().values;
  const auto& changes = history.changes;
  const std::size_t begin = changes.size() < 2 ? 0 : changes[changes.size() - 2].first;
  const std::size_t border =
      changes.empty() ? values.size() - kFewestInSegment : changes.back().first;
  const auto median = [&](std::size_t first, std::size_t end) {
    const auto at = values.begin();
    return std::exp(median_of(
        {at + static_cast<std::ptrdiff_t>(first), at + static_cast<std::ptrdiff_t>(end)}));
  };
  return {median(begin, border), median(border, values.size())};
}

// "60 runs", "60 runs on 20 days".
std::string runs_of(const History& history) {
  std::string text = count_of(history.runs, "run");
  if (history.settings.unit == HistoryUnit::Day) {
    text += fmt::format(" on {}", count_of(history.points.size(), "day"));
  }
  return text;
}

}  // namespace

bool is_unconfirmed(const History& history) {
  return history.unconfirmed && (history.trend == Trend::Steady ||
                                 (history.trend == Trend::Inconclusive &&
                                  history.reasons.front() == history.unconfirmed_words()));
}

std::string utc(std::chrono::sys_time<Duration> time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}Z",
                     std::chrono::time_point_cast<std::chrono::seconds>(time));
}

std::string headline(const History& history) {
  if (history.trend == Trend::Inconclusive) {
    return (is_unconfirmed(history) ? "CANNOT TELL yet: " : "CANNOT TELL: ") +
           history.reasons.front();
  }
  if (history.trend == Trend::Steady) {
    return history.unconfirmed ? "NO CHANGE yet: " + history.unconfirmed_words() : "NO CHANGE";
  }
  const bool is_slower = history.trend == Trend::Slower;
  const std::string_view verdict = is_slower ? "SLOWER" : "FASTER";
  if (history.creep) {
    return fmt::format("{} {}", verdict, creep_text(history));
  }
  const HistoryChange& newest = history.changes.back();
  return fmt::format("{} since {}: {}", verdict, when(history, newest),
                     finding_of(newest.contrasts, is_slower));
}

namespace {

// The times of an overview before and after, in ns, where they are known.
Levels times_of(const History& history) {
  if (is_unconfirmed(history) || history.trend == Trend::Inconclusive) {
    return newest_levels(history);
  }
  if (history.trend == Trend::Steady) {
    const HistoryColumn& level = history.columns.front();
    const bool is_time = level.contrast.family == Family::Floor && !level.values.empty();
    return {std::nullopt,
            is_time ? std::optional(std::exp(median_of(level.values))) : std::nullopt};
  }
  const auto& contrasts =
      history.creep ? history.creep->contrasts : history.changes.back().contrasts;
  const ContrastChange& change = main_change(contrasts, history.trend == Trend::Slower);
  return {change.before_ns, change.now_ns};
}

OverviewCells overview_row(const History& history, RttUnit unit) {
  const auto [before, now] = times_of(history);
  const auto time_in_unit = [&](std::optional<double> ns) {
    constexpr int kDigits = 4;
    return ns ? time_in(unit, Duration(std::llround(*ns)), kDigits) : std::string();
  };
  const std::string runs = fmt::format("{}", history.runs);
  const std::string sensitivity =
      !history.columns.empty() && history.columns.front().visible
          ? sensitivity_words(*history.columns.front().visible) + " would show"
          : "";
  if (is_unconfirmed(history)) {
    return {history.link,
            history.trend == Trend::Steady ? "no change yet" : "cannot tell yet",
            time_in_unit(before),
            time_in_unit(now),
            short_change(history.unconfirmed->change),
            fmt::format("{} of {}", history.points.size() - history.unconfirmed->first,
                        count_of(kFewestInSegment, history.unit())),
            runs};
  }
  if (history.trend == Trend::Inconclusive) {
    return {history.link,
            why_inconclusive(history),
            time_in_unit(before),
            time_in_unit(now),
            "",
            sensitivity,
            runs};
  }
  if (history.trend == Trend::Steady) {
    return {history.link, "no change", "", time_in_unit(now), "", sensitivity, runs};
  }
  const bool is_slower = history.trend == Trend::Slower;
  const auto& contrasts =
      history.creep ? history.creep->contrasts : history.changes.back().contrasts;
  const ContrastChange& change = main_change(contrasts, is_slower);
  return {history.link,
          fmt::format("{} {}", to_word(history.trend),
                      history.creep ? "gradually" : when(history, history.changes.back())),
          time_in_unit(before),
          time_in_unit(now),
          percent(change.change),
          history.creep ? ""
                        : fmt::format("{:+.1f} to {:+.1f} %", 100 * std::expm1(change.low),
                                      100 * std::expm1(change.high)),
          runs};
}

}  // namespace

std::vector<OverviewCells> overview_rows(std::span<const History> histories) {
  double largest = 0;
  for (const History& history : histories) {
    const auto [before, now] = times_of(history);
    largest = std::max({largest, before.value_or(0), now.value_or(0)});
  }
  const RttUnit unit = unit_for(Duration(std::llround(largest)));
  std::vector<OverviewCells> rows;
  for (const History& history : histories) {
    rows.push_back(overview_row(history, unit));
  }
  return rows;
}

LinkTrend trend_of(const History& history) {
  LinkTrend trend{.words = "steady"};
  if (!history.columns.empty()) {
    for (const double level : history.columns.front().values) {
      trend.levels.push_back(std::exp(level));
    }
  }
  if (is_unconfirmed(history)) {
    trend.change = history.unconfirmed->change;
    trend.words = fmt::format("newest {}: {}", history.points.size() - history.unconfirmed->first,
                              short_change(trend.change));
  } else if (history.trend == Trend::Inconclusive) {
    trend.words = why_inconclusive(history);
  } else if (history.trend != Trend::Steady) {
    const auto& contrasts =
        history.creep ? history.creep->contrasts : history.changes.back().contrasts;
    trend.change = main_change(contrasts, history.trend == Trend::Slower).change;
    trend.words = fmt::format(
        "{:+.0f} % {}", 100 * std::expm1(trend.change),
        history.creep ? "slowly" : short_day(history.points[history.changes.back().first].started));
  }
  return trend;
}

std::vector<ChangeCells> change_rows(const History& history) {
  std::vector<ChangeCells> rows;
  for (const HistoryChange& change : history.changes) {
    std::string date = when(history, change);
    for (const ContrastChange& one : change.contrasts) {
      if (!one.is_slower && !one.is_faster && one.contrast != Contrast{.family = Family::Floor}) {
        continue;
      }
      rows.push_back({date, std::string(to_word(one.contrast.family)), class_word(one.contrast),
                      percent(one.change),
                      fmt::format("{} to {} %", bare_percent(one.low), bare_percent(one.high)),
                      fmt::format("{:.4f}", one.p),
                      one.is_slower   ? "slower"
                      : one.is_faster ? "faster"
                                      : ""});
      date.clear();
    }
  }
  return rows;
}

std::string when(const History& history, const HistoryChange& change) {
  return day_in(history, history.points[change.first].started);
}

std::string main_finding(const HistoryChange& change) {
  return text_of(main_change(change.contrasts, change.is_slower()));
}

std::vector<Warning> shared_warnings(std::span<const History> histories) {
  std::vector<Warning> found;
  std::map<std::string, std::vector<std::string>> links;  // by key
  for (const History& history : histories) {
    for (const Warning& warning : history.caption.warnings) {
      const auto known = std::ranges::find(found, warning.key, &Warning::key);
      if (known == found.end()) {
        found.push_back(warning);
      } else {
        known->remedy = shared_remedy(*known, warning);
      }
      links[warning.key].push_back(history.link);
    }
  }
  if (histories.size() == 1) {
    return found;
  }
  for (Warning& warning : found) {
    const auto& names = links[warning.key];
    warning.text = fmt::format(
        "{}: {}",
        names.size() == histories.size() ? "all links" : fmt::format("{}", fmt::join(names, ", ")),
        warning.text);
  }
  return found;
}

std::string finding(const History& history) {
  return fmt::format("{}: {}", history.link, headline(history));
}

bool needs_details(const History& history) {
  return history.trend != Trend::Steady || history.unconfirmed || !history.changes.empty() ||
         !history.notes.empty();
}

std::string extent(const History& history) {
  std::string text = runs_of(history);
  if (history.sizes > 0) {
    text +=
        fmt::format(", {}, {}", count_of(history.rounds, "round"), count_of(history.sizes, "size"));
  }
  return text;
}

std::string subject_line(const History& history) {
  std::string text = runs_of(history);
  if (!history.points.empty()) {
    text += fmt::format(", {} to {}", day_in(history, history.points.front().started),
                        day_in(history, history.points.back().started));
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
    lines.push_back(fmt::format(
        "the level changed between {} ({}) and {} ({})",
        minute(history.points[change.first - 1].started), history.points[change.first - 1].name,
        minute(history.points[change.first].started), history.points[change.first].name));
    for (const EnvironmentChange& environment : change.environment) {
      lines.push_back(fmt::format("  {}, at {}: {} before, {} after", environment.difference.what,
                                  minute(history.points[environment.point].started),
                                  environment.difference.baseline,
                                  environment.difference.candidate));
    }
  }
  const std::string_view unit = history.unit();
  if (history.unconfirmed) {
    // What would be found without these points is not known.
    if (!is_unconfirmed(history)) {
      lines.push_back(history.unconfirmed_words());
    }
  } else if (history.trend != Trend::Inconclusive && !history.columns.empty() &&
             history.columns.front().visible) {
    lines.push_back(fmt::format("in the newest {} a lasting change of {} would be found ({} of {})",
                                count_of(kFewestInSegment, unit),
                                sensitivity_or_more(*history.columns.front().visible),
                                to_word(history.columns.front().contrast.family),
                                sizes_of(history.columns.front().contrast)));
  } else if (!history.changes.empty() &&
             history.points.size() - history.changes.back().first < kFewestToSearch) {
    lines.push_back(
        fmt::format("too few {}s since then to find another change: at least {} are "
                    "required",
                    unit, kFewestToSearch));
  } else if (history.trend != Trend::Inconclusive) {
    lines.push_back(fmt::format(
        "the level alternates, as on a host with several performance states: pin both programs. A "
        "level that was there before counts as a change once it lasts for {}",
        count_of(kLastingAgain, unit)));
  }
  lines.insert(lines.end(), history.notes.begin(), history.notes.end());
  return lines;
}

}  // namespace tcpstep
