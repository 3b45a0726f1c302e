#include "lib/report/rows.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "lib/base/escape.h"
#include "lib/base/text.h"
#include "lib/report/drawing.h"

namespace tcpstep {

std::string_view penalty_rows_title(std::span<const PenaltyTable> tables) {
  const bool is_one_byte = std::ranges::all_of(tables, [](const PenaltyTable& table) {
    return table.reference_size.value_or(PayloadSize(1)) == PayloadSize(1);
  });
  return is_one_byte ? "penalty relative to 1 byte" : "penalty relative to the smallest size";
}

std::string signed_percent(double share) {
  return fmt::format("{:+.1f} %", std::abs(share) < 0.0005 ? 0 : share * 100);
}

std::string percent_cell(const std::optional<Penalty>& penalty) {
  return penalty ? signed_percent(penalty->share) : "n/a";
}

int decimals_of(double value) {
  return value < 10 ? 3 : value < 100 ? 2 : value < 1000 ? 1 : 0;
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

std::string short_duration(Duration duration) {
  const RttUnit unit = unit_for(duration);
  const double value = unit.of(duration);
  return fmt::format("{:.{}f} {}", value, value < 10 ? 2 : value < 100 ? 1 : 0, unit.name);
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
  if (const double above = reference_excess(table); above > 0.02) {
    texts.push_back(
        fmt::format("{} took {:.1f} % longer than the other sizes of one packet: what "
                    "packets add is too small by as much",
                    count_of(table.reference_size->bytes(), "byte"), above * 100));
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
                        ? "partial"
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
