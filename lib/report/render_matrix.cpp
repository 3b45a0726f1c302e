#include "lib/report/render_matrix.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "lib/base/escape.h"
#include "lib/base/text.h"
#include "lib/report/drawing.h"
#include "lib/report/render.h"
#include "lib/report/rows.h"
#include "lib/report/warnings.h"

namespace tcpstep {
namespace {

using Json = nlohmann::ordered_json;
using Kind = MatrixStatistic::Kind;

constexpr std::size_t kMostNamed = 5;
constexpr std::size_t kLongestHost = 15;  // columns

Duration duration_of(double ns) {
  return Duration(static_cast<Duration::rep>(std::llround(ns)));
}

std::string utc_minute(std::chrono::sys_time<Duration> time) {
  return fmt::format("{:%Y-%m-%d %H:%M}", std::chrono::floor<std::chrono::seconds>(time));
}

std::string utc_second(std::chrono::sys_time<Duration> time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", std::chrono::floor<std::chrono::seconds>(time));
}

std::string name_of(const Matrix& matrix, std::size_t host) {
  return visible(matrix.hosts[host]);
}

std::string path_text(const Matrix& matrix, std::size_t from, std::size_t to) {
  return fmt::format("{} → {}", name_of(matrix, from), name_of(matrix, to));
}

// The columns from `first` on that have room beside the names of the rows.
std::string grid_part(const std::vector<ScreenColumn>& table, std::size_t& first,
                      const Screen& screen) {
  std::vector<ScreenColumn> part{table.front()};
  std::string text;
  do {
    part.push_back(table[first]);
    const std::string wider = screen_table(part, screen.columns * 1000);
    if (part.size() > 2 && columns_of(wider.substr(0, wider.find('\n'))) > screen.columns) {
      break;
    }
    text = wider;
  } while (++first < table.size());
  return text;
}

std::string grid_text(const Matrix& matrix, const Screen& screen) {
  constexpr std::size_t kMostParts = 3;
  const GridValues values(matrix);
  std::vector<ScreenColumn> table(1);
  table.front().title = "from \\ to";
  for (std::size_t to = 0; to < matrix.hosts.size(); ++to) {
    table.push_back({.title = cut_to(name_of(matrix, to), kLongestHost)});
  }
  for (std::size_t from = 0; from < matrix.hosts.size(); ++from) {
    table.front().cells.push_back(cut_to(name_of(matrix, from), kLongestHost));
    for (std::size_t to = 0; to < matrix.hosts.size(); ++to) {
      const MatrixCell* cell = matrix.find(from, to);
      const bool has_value = cell != nullptr && cell->value;
      table[to + 1].cells.push_back(from == to  ? ""
                                    : has_value ? values.text_of(*cell->value)
                                                : "–");
    }
  }
  std::string text = wrapped(title_of(matrix.statistic) + values.unit(), screen.columns);
  const std::string title = text;
  std::size_t parts = 0;
  for (std::size_t first = 1; first < table.size() && parts <= kMostParts; ++parts) {
    text += (parts > 0 ? "\n" : "") + grid_part(table, first, screen);
  }
  return parts <= kMostParts
             ? text
             : title + wrapped(fmt::format("The table of {} hosts does not fit in {} columns: use "
                                           "--format html or csv.",
                                           matrix.hosts.size(), screen.columns),
                               screen.columns, "  ", "  ");
}

// A few lines below a title; nothing if there are none.
std::string section_text(std::string_view title, const std::vector<std::string>& lines,
                         const Screen& screen) {
  if (lines.empty()) {
    return {};
  }
  std::string text = fmt::format("\n{}\n", title);
  for (std::size_t i = 0; i < std::min(lines.size(), kMostNamed); ++i) {
    text += wrapped(lines[i], screen.columns, "  ", "    ");
  }
  if (lines.size() > kMostNamed) {
    text += fmt::format("  and {} more\n", lines.size() - kMostNamed);
  }
  return text;
}

Json optional_json(const std::optional<double>& value, bool is_rtt) {
  if (!value) {
    return {};
  }
  return is_rtt ? Json(std::llround(*value)) : Json(in_percent(*value));
}

Json percent_json(const std::optional<Penalty>& penalty) {
  return penalty ? Json(in_percent(penalty->share)) : Json();
}

Json to_json(const Matrix& matrix, const MatrixCell& cell) {
  const PenaltyTable& table = cell.table;
  const bool is_rtt = matrix.statistic.is_rtt();
  return {{"from", matrix.hosts[cell.from]},
          {"to", matrix.hosts[cell.to]},
          {"value", optional_json(cell.value, is_rtt)},
          {"residual", optional_json(cell.residual, is_rtt)},
          {"runs", table.runs},
          {"runs_left_out", cell.left_out},
          {"last_utc", cell.last_start ? Json(utc_second(*cell.last_start)) : Json()},
          {"mss_bytes", table.mss ? Json(table.mss->bytes()) : Json()},
          {"reference_bytes", table.reference_size ? Json(table.reference_size->bytes()) : Json()},
          {"reference_rtt_ns", table.reference_size ? Json(table.reference_rtt.count()) : Json()},
          {"filling_percent", percent_json(table.filling)},
          {"second_percent", percent_json(table.second)},
          {"fourth_percent", percent_json(table.fourth)}};
}

}  // namespace

GridValues::GridValues(const Matrix& matrix) : statistic_(matrix.statistic) {
  const auto worst = matrix.worst();
  if (statistic_.is_rtt() && !worst.empty()) {
    unit_ = unit_for(duration_of(*worst.front()->value));
    const double smallest = *worst.back()->value / unit_.ns;
    decimals_ = smallest < 1 ? 3 : smallest < 10 ? 2 : smallest < 100 ? 1 : 0;
  }
}

std::string GridValues::unit() const {
  return statistic_.is_rtt() ? fmt::format(", in {}", unit_.name) : std::string();
}

std::string GridValues::text_of(double value) const {
  return statistic_.is_rtt() ? fmt::format("{:.{}f}", value / unit_.ns, decimals_)
                             : value_text(statistic_, value);
}

std::string title_of(const MatrixStatistic& statistic) {
  switch (statistic.kind) {
    case Kind::Fill:
      return "penalty for filling the packet";
    case Kind::Second:
      return "penalty for a second packet";
    case Kind::Fourth:
      return "penalty for a fourth packet";
    case Kind::Rtt:
      break;
  }
  return statistic.size ? fmt::format("RTT of {} bytes, fastest ping", statistic.size->bytes())
                        : "RTT of the smallest size, fastest ping";
}

std::string value_text(const MatrixStatistic& statistic, double value) {
  return statistic.is_rtt() ? short_duration(duration_of(value))
                            : fmt::format("{:+.0f} %", value * 100 + 0.0);
}

std::string difference_text(const MatrixStatistic& statistic, double difference) {
  if (!statistic.is_rtt()) {
    return fmt::format("{:+.1f} points", difference * 100);
  }
  return fmt::format("{}{}", difference < 0 ? "-" : "+",
                     short_duration(duration_of(std::abs(difference))));
}

std::string extent_text(const Matrix& matrix) {
  std::optional<std::chrono::sys_time<Duration>> first;
  std::optional<std::chrono::sys_time<Duration>> last;
  for (const MatrixCell& cell : matrix.cells) {
    if (cell.last_start) {
      first = std::min(first.value_or(*cell.last_start), *cell.last_start);
      last = std::max(last.value_or(*cell.last_start), *cell.last_start);
    }
  }
  std::string text = fmt::format(
      "{}, {} of {} paths, {}", count_of(matrix.hosts.size(), "host"), matrix.cells.size(),
      matrix.hosts.size() * (matrix.hosts.size() - 1), count_of(matrix.runs, "run"));
  if (matrix.clusters.site_count > 1) {
    text += fmt::format(", {}", count_of(matrix.clusters.site_count, "site"));
  }
  if (first) {
    const std::string begin = utc_minute(*first);
    const std::string end = utc_minute(*last);
    text += fmt::format(", newest {}{} UTC", begin, begin == end ? "" : " to " + end);
  }
  return text;
}

std::vector<FindingLine> finding_lines(const Matrix& matrix) {
  const MatrixFindings& found = matrix.findings;
  std::vector<FindingLine> lines;
  for (const auto& one : found.hosts) {
    lines.push_back({"slow host", fmt::format("{}: {} on its paths", name_of(matrix, one.host),
                                              difference_text(matrix.statistic, one.effect))});
  }
  for (const auto& one : found.paths) {
    lines.push_back({"slow path", fmt::format("{} {} {}: {} beyond what both hosts explain",
                                              name_of(matrix, one.a), one.is_mutual ? "↔" : "→",
                                              name_of(matrix, one.b),
                                              difference_text(matrix.statistic, one.excess))});
  }
  for (const auto& one : found.small_mss) {
    lines.push_back(
        {"smaller MSS",
         fmt::format("{}{}: {} instead of {}{}", name_of(matrix, one.host),
                     one.other ? " ↔ " + name_of(matrix, *one.other) : "", one.mss.bytes(),
                     one.usual.bytes(), one.other ? "" : " on all of its paths")});
  }
  return lines;
}

std::vector<std::string> matrix_caveats(const Matrix& matrix) {
  std::vector<std::string> caveats;
  const std::size_t paths = matrix.hosts.size() * (matrix.hosts.size() - 1);
  if (matrix.cells.size() < paths) {
    caveats.push_back(
        fmt::format("{} without a run", count_of(paths - matrix.cells.size(), "path")));
  }
  const auto without = static_cast<std::size_t>(std::ranges::count_if(
      matrix.cells, [](const MatrixCell& cell) { return !cell.value.has_value(); }));
  if (without > 0) {
    caveats.push_back(
        fmt::format("{} without a {}", count_of(without, "path"), title_of(matrix.statistic)));
  }
  if (!matrix.is_fitted && !matrix.cells.empty()) {
    caveats.push_back(fmt::format("fewer than {} hosts: a slow host cannot be told from slow paths",
                                  Matrix::kFewestForFit));
  }
  std::uint32_t left_out = 0;
  for (const MatrixCell& cell : matrix.cells) {
    left_out += cell.left_out;
  }
  if (left_out > 0) {
    caveats.push_back(
        fmt::format("{} left out: MSS or kind of connection differs from "
                    "that of the path's newest run",
                    count_of(left_out, "run")));
  }
  return caveats;
}

std::vector<Warning> warnings_of(const Matrix& matrix) {
  constexpr std::size_t kMostNamedTogether = 4;
  std::vector<Warning> warnings;
  for (const auto& [warning, hosts] : matrix.warnings) {
    std::vector<std::string> names;
    for (const std::size_t host : hosts) {
      if (names.size() < kMostNamedTogether) {
        names.push_back(name_of(matrix, host));
      }
    }
    std::string who = fmt::format("{}", fmt::join(names, ", "));
    if (hosts.size() == matrix.hosts.size()) {
      who = "all hosts";
    } else if (hosts.size() > names.size()) {
      who += fmt::format(" and {} more", hosts.size() - names.size());
    }
    warnings.push_back({.key = warning.key,
                        .text = fmt::format("{}: {}", who, warning.text),
                        .remedy = warning.remedy});
  }
  return warnings;
}

std::string render_text(const Matrix& matrix, const Screen& screen) {
  const MatrixStatistic& statistic = matrix.statistic;
  std::string text = wrapped(extent_text(matrix), screen.columns) + grid_text(matrix, screen);
  std::vector<std::string> lines;
  std::string kind;
  for (const FindingLine& finding : finding_lines(matrix)) {
    if (finding.kind != kind) {
      text += section_text(kind, lines, screen);
      lines.clear();
      kind = finding.kind;
    }
    lines.push_back(finding.text);
  }
  text += section_text(kind, lines, screen);
  if (matrix.is_fitted && matrix.findings.hosts.empty() && matrix.findings.paths.empty()) {
    text += "\nno host and no path stands out\n";
  }
  lines.clear();
  for (const MatrixCell* cell : matrix.worst()) {
    lines.push_back(fmt::format("{}: {}", path_text(matrix, cell->from, cell->to),
                                value_text(statistic, *cell->value)));
  }
  lines.resize(std::min(lines.size(), kMostNamed));
  text += section_text("largest", lines, screen);
  lines.clear();
  for (const auto& [cell, difference] : matrix.asymmetric()) {
    lines.push_back(
        fmt::format("{}: {}, {} against the reverse path", path_text(matrix, cell->from, cell->to),
                    value_text(statistic, *cell->value), difference_text(statistic, difference)));
  }
  lines.resize(std::min(lines.size(), kMostNamed));
  text += section_text("most asymmetric", lines, screen);
  for (const std::string& caveat : matrix_caveats(matrix)) {
    text += '\n' + wrapped(caveat, screen.columns, "  ! ", "    ");
  }
  const std::vector<Warning> warnings = warnings_of(matrix);
  return text + (warnings.empty() ? "" : "\n") + warnings_text(warnings, screen);
}

std::string render_csv(const Matrix& matrix) {
  std::string text =
      "from,to,runs,last_utc,mss_bytes,reference_bytes,reference_rtt_ns,filling_percent,"
      "second_percent,fourth_percent,statistic,value,residual,warnings\n";
  const bool is_rtt = matrix.statistic.is_rtt();
  const auto number = [&](const std::optional<double>& value) {
    return !value   ? std::string()
           : is_rtt ? fmt::format("{:.0f}", *value)
                    : fmt::format("{:.4f}", *value * 100);
  };
  const auto percent = [](const std::optional<Penalty>& penalty) {
    return penalty ? fmt::format("{:.4f}", penalty->share * 100) : std::string();
  };
  const auto warnings_of_host = [&](std::size_t host) {
    std::vector<Warning> warnings;
    for (const auto& [warning, hosts] : matrix.warnings) {
      if (hosts.contains(host)) {
        warnings.push_back(warning);
      }
    }
    return warning_keys(warnings);
  };
  for (const MatrixCell& cell : matrix.cells) {
    const PenaltyTable& table = cell.table;
    text +=
        fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n",
                    csv_escaped(matrix.hosts[cell.from]), csv_escaped(matrix.hosts[cell.to]),
                    table.runs, cell.last_start ? utc_second(*cell.last_start) : "",
                    table.mss ? fmt::format("{}", table.mss->bytes()) : "",
                    table.reference_size ? fmt::format("{}", table.reference_size->bytes()) : "",
                    table.reference_size ? fmt::format("{}", table.reference_rtt.count()) : "",
                    percent(table.filling), percent(table.second), percent(table.fourth),
                    matrix.statistic.name(), number(cell.value), number(cell.residual),
                    warnings_of_host(cell.from));
  }
  return text;
}

std::string render_json(const Matrix& matrix) {
  const bool is_rtt = matrix.statistic.is_rtt();
  const auto effect = [&](const std::vector<double>& effects, std::size_t host) {
    return matrix.is_fitted ? optional_json(effects[host], is_rtt) : Json();
  };
  Json json{{"format", "tcpstep-matrix/1"},
            {"statistic", matrix.statistic.name()},
            {"unit", is_rtt ? "ns" : "percent"},
            {"runs", matrix.runs},
            {"overall", matrix.is_fitted ? optional_json(matrix.overall, is_rtt) : Json()},
            {"hosts", Json::array()},
            {"cells", Json::array()},
            {"slow_hosts", Json::array()},
            {"slow_paths", Json::array()},
            {"smaller_mss", Json::array()},
            {"warnings", warnings_json<Json>(warnings_of(matrix))}};
  for (std::size_t host = 0; host < matrix.hosts.size(); ++host) {
    json["hosts"].push_back({{"host", matrix.hosts[host]},
                             {"site", matrix.clusters.sites[host] + 1},
                             {"from_effect", effect(matrix.from_effects, host)},
                             {"to_effect", effect(matrix.to_effects, host)}});
  }
  for (const MatrixCell& cell : matrix.cells) {
    json["cells"].push_back(to_json(matrix, cell));
  }
  for (const auto& one : matrix.findings.hosts) {
    json["slow_hosts"].push_back(
        {{"host", matrix.hosts[one.host]}, {"effect", optional_json(one.effect, is_rtt)}});
  }
  for (const auto& one : matrix.findings.paths) {
    json["slow_paths"].push_back({{"from", matrix.hosts[one.a]},
                                  {"to", matrix.hosts[one.b]},
                                  {"both_ways", one.is_mutual},
                                  {"excess", optional_json(one.excess, is_rtt)}});
  }
  for (const auto& one : matrix.findings.small_mss) {
    json["smaller_mss"].push_back({{"host", matrix.hosts[one.host]},
                                   {"other", one.other ? Json(matrix.hosts[*one.other]) : Json()},
                                   {"mss_bytes", one.mss.bytes()},
                                   {"usual_mss_bytes", one.usual.bytes()}});
  }
  // A header may contain any bytes.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace tcpstep
