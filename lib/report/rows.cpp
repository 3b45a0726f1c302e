#include "lib/report/rows.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "lib/base/escape.h"
#include "lib/base/text.h"
#include "lib/report/drawing.h"

namespace tcpstep {
namespace {

// What rounds to zero has no sign of its own.
std::string signed_percent(double share) {
  return fmt::format("{:+.1f} %", std::abs(share) < 0.0005 ? 0 : share * 100);
}

// As many digits as format_duration() gives that many units.
int decimals_of(double value) {
  return value < 10 ? 3 : value < 100 ? 2 : value < 1000 ? 1 : 0;
}

// In the unit of the table's fastest ping, which gets three digits, so that a column has one unit
// and as many decimals everywhere.
std::string rtt_cell(const PenaltyTable& table, Duration rtt) {
  const Duration fastest = table.reference_levels.fastest;
  const RttUnit unit = unit_for(fastest);
  const int decimals = std::max(0, decimals_of(unit.of(fastest)) - 1);
  return fmt::format("{:.{}f} {}", unit.of(rtt), decimals, unit.name);
}

// The time added: with one decimal more, where there are fewer than two.
std::string added_cell(const PenaltyTable& table, Duration extra) {
  const Duration fastest = table.reference_levels.fastest;
  const RttUnit unit = unit_for(fastest);
  const int decimals = std::min(2, decimals_of(unit.of(fastest)));
  const double value = unit.of(extra);
  return fmt::format("{:+.{}f} {}", std::abs(value) < 0.5 * std::pow(10.0, -decimals) ? 0.0 : value,
                     decimals, unit.name);
}

std::string fitted_text(const PenaltyTable& table) {
  const FittedPenalties& fitted = table.fitted;
  if (fitted.runs == 0) {
    return fitted.too_short > 0 ? fmt::format("no fit: it takes {} rounds", kFewestSamplesForFit)
           : fitted.uneven > 0
               ? std::string("no fit: the times within a class do not lie on a line")
               : std::string();
  }
  std::string text = fmt::format(
      "fitted to the fastest pings: 2 x(1) - x(2) of each size, one slope, one step per class; {}",
      fitted.runs >= kFewestRunsForInterval
          ? fmt::format("95 % intervals over {}", count_of(fitted.runs, "run"))
      : fitted.runs == 1 ? std::string("within-run only: another run may differ by more")
                         : fmt::format("no interval: {}, at least {} are needed",
                                       count_of(fitted.runs, "run"), kFewestRunsForInterval));
  if (fitted.is_line_off) {
    text += fmt::format("; the line does not hold at 1 byte: fitted {}, measured {}",
                        format_duration(Duration(std::llround(fitted.fitted_one_byte_ns))),
                        format_duration(Duration(std::llround(fitted.measured_one_byte_ns))));
  }
  if (fitted.uneven > 0) {
    text += fmt::format("; {} not fitted: the times within a class do not lie on a line",
                        count_of(fitted.uneven, "run"));
  }
  return text;
}

}  // namespace

std::string percent_cell(const std::optional<Penalty>& penalty) {
  return penalty ? signed_percent(penalty->share) : "n/a";
}

std::string extra_cell(const PenaltyTable& table, const Penalty& penalty) {
  const RttUnit unit = unit_for(table.reference_rtt);
  return fmt::format("{:+.{}f} {}", unit.of(penalty.extra),
                     std::min(2, decimals_of(unit.of(penalty.rtt))), unit.name);
}

std::string short_day(std::chrono::sys_time<Duration> time) {
  const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(time));
  constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                               "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  return fmt::format("{} {}", static_cast<unsigned>(day.day()),
                     kMonths[static_cast<unsigned>(day.month()) - 1]);
}

std::string time_in(RttUnit unit, Duration time, int digits) {
  const double value = unit.of(time);
  const int before_point = value < 1 ? 0 : value < 10 ? 1 : value < 100 ? 2 : 3;
  return fmt::format("{:.{}f} {}", value, std::max(digits - before_point, 0), unit.name);
}

std::string short_duration(Duration duration) {
  return time_in(unit_for(duration), duration, kShortDigits);
}

std::string short_percent(const std::optional<Penalty>& penalty) {
  if (!penalty) {
    return "–";
  }
  const double percent = std::round(penalty->share * 100);
  return percent == 0 ? "±0 %" : fmt::format("{:+.0f} %", percent);
}

double in_percent(double share) {
  return std::round(share * 1e11) / 1e9;
}

std::string sizes_cell(const Penalty& penalty) {
  return penalty.smallest == penalty.largest
             ? fmt::format("{}", penalty.smallest.bytes())
             : fmt::format("{}–{}", penalty.smallest.bytes(), penalty.largest.bytes());
}

CellTable class_cells(const PenaltyTable& table) {
  CellTable cells;
  if (!table.reference_size) {
    return cells;
  }
  const auto add = [&](std::string packets, std::string sizes, const Levels& levels,
                       const Penalty* penalty) {
    cells.rows.push_back({std::move(packets), std::move(sizes), rtt_cell(table, levels.fastest),
                          rtt_cell(table, levels.median),
                          levels.p99 ? rtt_cell(table, *levels.p99) : "–",
                          penalty != nullptr ? added_cell(table, penalty->extra) : "",
                          penalty != nullptr ? percent_cell(*penalty) : ""});
  };
  const std::string_view statistic = table.statistic.name() == "min" ? "fastest" : "";
  cells.added_to = fmt::format("added to {}",
                               statistic.empty() ? table.statistic.name() : std::string(statistic));
  cells.title = {"packets", "payload bytes", "fastest", "median", "p99", "time", "share"};
  const bool is_comparable = why_no_penalties(table).empty();
  const bool has_one_row = table.classes.size() == 1;
  if (!has_one_row) {
    const std::uint32_t segments =
        table.mss ? segments_needed(*table.reference_size, *table.mss) : 0;
    add(table.mss ? fmt::format("{}", segments) : "?",
        fmt::format("{}", table.reference_size->bytes()), table.reference_levels, nullptr);
  }
  if (table.filling) {
    add("1, full", sizes_cell(*table.filling), table.filling->levels, &*table.filling);
  }
  for (const SegmentClass& row : table.classes) {
    if (row.segments > 1 || !is_comparable) {
      add(fmt::format("{}", row.segments), sizes_cell(row.penalty), row.penalty.levels,
          is_comparable ? &row.penalty : nullptr);
    }
  }
  if (table.largest) {
    add("?", sizes_cell(*table.largest), table.largest->levels, &*table.largest);
  }
  return cells;
}

CellTable fitted_cells(const PenaltyTable& table) {
  CellTable cells;
  if (table.classes.empty()) {
    return cells;
  }
  for (std::size_t i = 0; i < kPenaltyRows.size(); ++i) {
    if (const auto& row = table.fitted.rows[i]) {
      cells.rows.push_back(
          {std::string(kPenaltyRows[i].words), fmt::format("{}", row->size.bytes()),
           row->includes_zero() ? "~" : signed_percent(row->share),
           row->low ? fmt::format("{:+.1f} to {:+.1f} %", *row->low * 100, *row->high * 100) : ""});
    }
  }
  if (!cells.rows.empty()) {
    cells.title = {"fitted at the boundary", "bytes", "penalty", "95 % interval"};
  }
  cells.text = fitted_text(table);
  return cells;
}

std::vector<std::vector<std::string>> overview_rows(std::span<const PenaltyTable> tables) {
  Duration largest{0};
  for (const PenaltyTable& table : tables) {
    const Levels& levels = table.reference_levels;
    largest = std::max({largest, levels.fastest, levels.median, levels.p99.value_or(Duration(0))});
  }
  const RttUnit unit = unit_for(largest);
  std::vector<std::vector<std::string>> rows;
  for (const PenaltyTable& table : tables) {
    const bool has_samples = table.reference_size.has_value();
    const Levels& levels = table.reference_levels;
    rows.push_back({table.link, fmt::format("{}", table.runs),
                    has_samples ? time_in(unit, levels.fastest, kShortDigits) : "–",
                    has_samples ? time_in(unit, levels.median, kShortDigits) : "–",
                    levels.p99 ? time_in(unit, *levels.p99, kShortDigits) : "–",
                    short_percent(table.filling), short_percent(table.second),
                    short_percent(table.fourth), table.last_day,
                    table.trend ? table.trend->words : "–"});
  }
  return rows;
}

bool has_trends(std::span<const PenaltyTable> tables) {
  return std::ranges::any_of(tables, [](const PenaltyTable& table) {
    return table.trend && !table.trend->levels.empty();
  });
}

bool is_of_one_byte(std::span<const PenaltyTable> tables) {
  return std::ranges::all_of(tables, [](const PenaltyTable& table) {
    return table.reference_size.value_or(PayloadSize(1)) == PayloadSize(1);
  });
}

std::vector<std::string> caveats(const PenaltyTable& table) {
  std::vector<std::string> texts;
  if (table.reference_size && table.fewest_samples < table.statistic.samples_needed()) {
    texts.push_back(fmt::format("{} needs {} samples per size, has {}", table.statistic.name(),
                                table.statistic.samples_needed(), table.fewest_samples));
  }
  if (!table.differing.empty()) {
    texts.push_back(fmt::format("runs differ in {}", fmt::join(table.differing, " ")));
  }
  if (table.fewest_rounds < table.most_rounds) {
    texts.push_back(fmt::format("runs have {} to {} rounds: the longer ones count for more",
                                table.fewest_rounds, table.most_rounds));
  }
  if (constexpr double kWorthSaying = 0.002;
      table.uncertainty.value_or(0) >= kWorthSaying && why_no_penalties(table).empty()) {
    texts.push_back(fmt::format("a short run: each share is within about {:.1f} points",
                                *table.uncertainty * 100));
  }
  if (const double above = reference_excess(table); above > 0.02) {
    texts.push_back(
        fmt::format("{} took {:.1f} % longer than the other sizes of one packet: what "
                    "packets add is too small by as much",
                    count_of(table.reference_size->bytes(), "byte"), above * 100));
  }
  constexpr double kManyLeftOut = 0.01;
  const auto left_out = static_cast<double>(table.resent.total());
  const double share = left_out / std::max(1.0, left_out + static_cast<double>(table.samples));
  if (share > kManyLeftOut) {
    texts.push_back(
        fmt::format("TCP sent {:.0f} % of the pings again, because packets were lost or late: they "
                    "are left out",
                    share * 100));
  }
  if (table.moved_runs > 0) {
    texts.push_back(fmt::format("the MSS changed during {}: boundaries are uncertain",
                                count_of(table.moved_runs, "run")));
  }
  if (table.browser_runs > 0 && table.browser_runs < table.runs) {
    texts.push_back(fmt::format("{} of {} runs are of browsers, which ack later than programs",
                                table.browser_runs, table.runs));
  }
  if (table.partial_runs > 0) {
    texts.push_back(table.partial_runs == table.runs
                        ? "partial: the run ended early, and this is what it has"
                        : fmt::format("{} of {} runs partial", table.partial_runs, table.runs));
  }
  return texts;
}

std::string joined_caveats(const PenaltyTable& table) {
  std::string text;
  for (const std::string& caveat : caveats(table)) {
    text += ", " + caveat;
  }
  return text;
}

std::string heading(const PenaltyTable& table) {
  const auto host = [](const std::vector<std::string>& hosts) {
    return hosts.size() == 1 ? visible(hosts.front()) : count_of(hosts.size(), "host");
  };
  std::string text = table.link + ':';
  if (!table.senders.empty() && !table.receivers.empty()) {
    text += fmt::format(" {} → {},", host(table.senders), host(table.receivers));
  }
  text += table.mss ? fmt::format(" MSS {}", table.mss->bytes()) : " MSS unknown";
  for (const std::string& fact : {table.congestion_control, table.when}) {
    text += fact.empty() ? "" : ", " + visible(fact);
  }
  return text;
}

std::string extent(const PenaltyTable& table) {
  if (table.runs == 0) {  // not measured but predicted
    return count_of(table.sizes, "size");
  }
  const std::string rounds =
      table.fewest_rounds == table.most_rounds
          ? count_of(table.most_rounds, "round")
          : fmt::format("{} to {} rounds", table.fewest_rounds, table.most_rounds);
  std::string text = fmt::format("{} × {} × {}, {} lost", count_of(table.runs, "run"), rounds,
                                 count_of(table.sizes, "size"), table.lost);
  if (const std::string left_out = table.resent.text(); !left_out.empty()) {
    text += ", " + left_out;
  }
  if (table.statistic.name() != "min") {
    text += ", " + table.statistic.name();
  }
  if (table.relative_error > 0) {
    text += fmt::format(" of each size within {:.1f} %", table.relative_error * 100);
  }
  if (table.clock == RttClock::Kernel) {
    text += fmt::format(", kernel clock, {} without kernel timestamps left out", table.unstamped);
  }
  return text;
}

std::string extent(std::span<const PenaltyTable> tables) {
  std::uint64_t runs = 0;
  std::optional<std::chrono::sys_time<Duration>> first;
  std::optional<std::chrono::sys_time<Duration>> last;
  for (const PenaltyTable& table : tables) {
    runs += table.runs;
    if (table.first_start) {
      first = std::min(first.value_or(*table.first_start), *table.first_start);
      last = std::max(last.value_or(*table.last_start), *table.last_start);
    }
  }
  return fmt::format("{}, {}{}", count_of(tables.size(), "link"), count_of(runs, "run"),
                     first ? ", " + period(*first, *last) : "");
}

std::string in_a_sentence(const PenaltyTable& table) {
  const std::string reason = why_no_penalties(table);
  if (!reason.empty()) {
    return fmt::format("Nothing can be said about packets on this link: {}.", reason);
  }
  const auto cost = [](const Penalty& penalty) {
    const double percent = std::round(penalty.share * 100);
    return percent > 0 ? fmt::format("costs {:.0f} %", percent) : std::string("costs nothing");
  };
  if (!table.second && !table.fourth) {
    return "No size of this run needs two or four packets.";
  }
  std::string text = "On this link";
  if (table.second) {
    text += fmt::format(" a second packet {}", cost(*table.second));
  }
  if (table.fourth) {
    text += fmt::format("{} a fourth {}", table.second ? "," : "", cost(*table.fourth));
  }
  return text + ", compared with the smallest message.";
}

std::string summary_line(const PenaltyTable& table) {
  std::string line =
      fmt::format("{}: {}, {}, {}, {} lost, {}", table.link,
                  table.mss ? fmt::format("MSS {}", table.mss->bytes()) : "MSS unknown",
                  count_of(table.runs, "run"), count_of(table.samples, "sample"), table.lost,
                  table.statistic.name());
  if (table.relative_error > 0) {
    line += fmt::format(" of each size within {:.1f} %", table.relative_error * 100);
  }
  if (const std::string left_out = table.resent.text(); !left_out.empty()) {
    line += ", " + left_out;
  }
  if (table.clock == RttClock::Kernel) {
    line += fmt::format(", kernel clock, {} without kernel timestamps left out", table.unstamped);
  }
  return line + joined_caveats(table);
}

}  // namespace tcpstep
