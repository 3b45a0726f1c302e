#include "lib/compare/render_history.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "lib/base/escape.h"
#include "lib/base/text.h"
#include "lib/compare/history_rows.h"
#include "lib/compare/rows.h"
#include "lib/report/render.h"
#include "lib/report/warnings.h"
#include "lib/stats/change_points.h"

namespace tcpstep {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const ContrastChange& change) {
  return {{"family", to_word(change.contrast.family)},
          {"segments", class_word(change.contrast)},
          {"change_percent", percent_of(change.change)},
          {"low_percent", percent_of(change.low)},
          {"high_percent", percent_of(change.high)},
          {"before_ns", change.before_ns ? Json(*change.before_ns) : Json()},
          {"now_ns", change.now_ns ? Json(*change.now_ns) : Json()},
          {"p", change.p},
          {"slower", change.is_slower},
          {"faster", change.is_faster}};
}

Json to_json(const History& history, const HistoryChange& change) {
  Json json{{"since_utc", utc(history.points[change.first].started)},
            {"file", history.points[change.first].name},
            {"last_before_utc", utc(history.points[change.first - 1].started)},
            {"contrasts", Json::array()},
            {"environment", Json::array()}};
  for (const ContrastChange& contrast : change.contrasts) {
    json["contrasts"].push_back(to_json(contrast));
  }
  for (const EnvironmentChange& environment : change.environment) {
    json["environment"].push_back({{"at_utc", utc(history.points[environment.point].started)},
                                   {"what", environment.difference.what},
                                   {"before", environment.difference.baseline},
                                   {"then", environment.difference.candidate}});
  }
  return json;
}

// Unknown while the newest points stand apart; beyond tenfold it means nothing.
Json visible_percent(const History& history) {
  if (history.unconfirmed || history.columns.empty() || !history.columns.front().visible ||
      *history.columns.front().visible > std::log(kTenfold)) {
    return {};
  }
  return percent_of(*history.columns.front().visible);
}

Json to_json(const History& history) {
  Json json{{"link", history.link},
            {"trend", to_word(history.trend)},
            {"headline", headline(history)},
            {"reasons", history.reasons},
            {"remedy", history.remedy.empty() ? Json() : Json(history.remedy)},
            {"runs", history.runs},
            {"rounds", history.rounds},
            {"sizes", history.sizes},
            {"mss_bytes", history.mss ? Json(history.mss->bytes()) : Json()},
            {"alpha", history.settings.alpha},
            {"changes", Json::array()},
            {"visible_percent", visible_percent(history)},
            {"points", Json::array()},
            {"levels", Json::array()},
            {"creep", Json()},
            {"unconfirmed", Json()},
            {"notes", history.notes},
            {"warnings", warnings_json<Json>(history.caption.warnings)}};
  if (history.creep) {
    json["creep"] = {{"since_utc", utc(history.points[history.creep->begin].started)},
                     {"contrasts", Json::array()}};
    for (const ContrastChange& contrast : history.creep->contrasts) {
      json["creep"]["contrasts"].push_back(to_json(contrast));
    }
  }
  if (const auto& newest = history.unconfirmed) {
    json["unconfirmed"] = {{"since_utc", utc(history.points[newest->first].started)},
                           {"points", history.points.size() - newest->first},
                           {"points_needed", kFewestInSegment},
                           {"change_percent", percent_of(newest->change)},
                           {"before_ns", newest->before_ns},
                           {"now_ns", newest->now_ns}};
  }
  for (const HistoryChange& change : history.changes) {
    json["changes"].push_back(to_json(history, change));
  }
  for (const HistoryPoint& point : history.points) {
    json["points"].push_back(
        {{"started_utc", utc(point.started)}, {"file", point.name}, {"runs", point.runs}});
  }
  for (const HistoryColumn& column : history.columns) {
    const bool is_floor = column.contrast.family == Family::Floor;
    Json values = Json::array();
    for (const double value : column.values) {
      values.push_back(is_floor ? std::exp(value) : percent_of(value));
    }
    json["levels"].push_back({{"family", to_word(column.contrast.family)},
                              {"segments", class_word(column.contrast)},
                              {"unit", is_floor ? "ns" : "percent above the median"},
                              {"values", std::move(values)}});
  }
  return json;
}

constexpr std::size_t kLongestLink = 20;  // columns

// What gives way first where there is no room: how many runs, the interval, the times (those before
// first); p, the interval, the family.
constexpr std::array<unsigned, 7> kOverviewGivesWay{0, 0, 2, 1, 0, 3, 4};
constexpr std::array<unsigned, 7> kChangesGiveWay{0, 2, 0, 0, 3, 4, 1};

}  // namespace

std::string render_text(std::span<const History> histories, const Screen& screen) {
  std::string text;
  if (histories.size() > 1) {
    TextGrid rows;
    for (const OverviewCells& cells : overview_rows(histories)) {
      rows.emplace_back(cells.begin(), cells.end());
      rows.back()[0] = cut_to(cells[0], kLongestLink);
    }
    text = rows_text(kOverviewTitles, kOverviewGivesWay, rows, screen) +
           warnings_text(shared_warnings(histories), screen);
  }
  for (const History& history : histories) {
    if (histories.size() > 1 && !needs_details(history)) {
      continue;
    }
    text += (text.empty() ? "" : "\n") + wrapped(visible(finding(history)), screen.columns) +
            wrapped(visible(subject_line(history)), screen.columns);
    for (const std::string& remark : remarks(history)) {
      const std::string indent = remark.starts_with(' ') ? "    " : "  ";
      text += wrapped(visible(remark), screen.columns, indent, indent + "  ");
    }
    TextGrid rows;
    for (const ChangeCells& cells : change_rows(history)) {
      rows.emplace_back(cells.begin(), cells.end());
    }
    if (!rows.empty()) {
      text += '\n' + rows_text(kChangeTitles, kChangesGiveWay, rows, screen);
    }
    if (histories.size() == 1) {
      text += warnings_text(history.caption.warnings, screen);
    }
  }
  return text;
}

std::string render_markdown(std::span<const History> histories) {
  std::string text;
  if (histories.size() > 1) {
    text = fmt::format("| {} |\n|---|---|---:|---:|---:|---:|---:|\n",
                       fmt::join(kOverviewTitles, " | "));
    for (OverviewCells& row : overview_rows(histories)) {
      std::ranges::transform(row, row.begin(), markdown_escaped);
      text += fmt::format("| {} |\n", fmt::join(row, " | "));
    }
    text += render_warnings(shared_warnings(histories));
  }
  for (const History& history : histories) {
    if (histories.size() > 1 && !needs_details(history)) {
      continue;
    }
    text +=
        fmt::format("{}**{}**\n\n{}\n\n", text.empty() ? "" : "\n",
                    markdown_escaped(finding(history)), markdown_escaped(subject_line(history)));
    for (const std::string& remark : remarks(history)) {
      text += fmt::format("{}- {}\n", remark.starts_with(' ') ? "  " : "",
                          markdown_escaped(remark.substr(remark.find_first_not_of(' '))));
    }
    const auto rows = change_rows(history);
    if (!rows.empty()) {
      text += fmt::format("\n| {} |\n|---|---|---:|---:|---:|---:|---|\n",
                          fmt::join(kChangeTitles, " | "));
      for (const ChangeCells& row : rows) {
        text += '|';
        for (const std::string& cell : row) {
          text += fmt::format(" {} |", markdown_escaped(cell));
        }
        text += '\n';
      }
    }
    if (histories.size() == 1) {
      text += render_warnings(history.caption.warnings);
    }
  }
  return text;
}

std::string render_csv(std::span<const History> histories) {
  std::string text =
      "link,since_utc,last_before_utc,family,segments,change_percent,low_percent,high_percent,p,"
      "finding,warnings\n";
  for (const History& history : histories) {
    for (const HistoryChange& change : history.changes) {
      for (const ContrastChange& one : change.contrasts) {
        text +=
            fmt::format("{},{},{},{},{},{:.4f},{:.4f},{:.4f},{:.4f},{},{}\n",
                        csv_escaped(history.link), utc(history.points[change.first].started),
                        utc(history.points[change.first - 1].started), to_word(one.contrast.family),
                        class_word(one.contrast), percent_of(one.change), percent_of(one.low),
                        percent_of(one.high), one.p,
                        one.is_slower   ? "slower"
                        : one.is_faster ? "faster"
                                        : "",
                        warning_keys(history.caption.warnings));
      }
    }
  }
  return text;
}

std::string render_json(std::span<const History> histories) {
  Json json{{"format", "tcpstep-history/1"}, {"links", Json::array()}};
  for (const History& history : histories) {
    json["links"].push_back(to_json(history));
  }
  // A header may contain any bytes.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace tcpstep
