#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "lib/base/escape.h"
#include "lib/base/screen_text.h"
#include "lib/base/text.h"
#include "lib/report/page.h"
#include "lib/report/render.h"
#include "lib/report/render_matrix.h"
#include "lib/report/rows.h"

namespace tcpstep {
namespace {

constexpr std::size_t kColorSteps = 9;
constexpr std::size_t kMostNumbers = 14;  // hosts of a heat map whose cells have room for numbers
constexpr std::size_t kMostRows = 10;
constexpr double kLeastRatio =
    1.2;                            // of the largest RTT to the smallest: what is alike looks alike
constexpr double kLeastSpan = 0.1;  // of penalties

// One hue from the page's color to its contrast: light and dark screens begin at either end.
constexpr std::string_view kHeatStyle = R"(
:root { --q0: #f1f5fa; --q1: #dce8f4; --q2: #c1d8ec; --q3: #9ec5e3; --q4: #75aed7; --q5: #4b94c7; --q6: #2b78b3;
  --q7: #145a94; --q8: #08386b; --low: #202020; --high: #ffffff; }
@media screen and (prefers-color-scheme: dark) { :root { --q0: #1a2530; --q1: #1c3145; --q2: #1f405b; --q3: #245273; --q4: #2b678f;
  --q5: #3680ae; --q6: #4b9bcb; --q7: #78bbe1; --q8: #b2daf3; --low: #f0f0f0; --high: #101418; } }
.heat { border-collapse: separate; border-spacing: 1px; }
.heat td, .heat th { border: 0; padding: 0; line-height: 1; }
.heat th { font-weight: normal; white-space: nowrap; padding: 0 .3em; overflow-wrap: normal; }
.heat thead th { writing-mode: vertical-rl; transform: rotate(180deg); text-align: left; padding: .3em 0; border: 0; }
.heat tbody th { text-align: right; }
.heat td { min-width: var(--cell); height: var(--cell); text-align: center; }
.heat td, .scale span { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.heat td[tabindex] { cursor: pointer; }
.heat .out { outline: 2px solid var(--vermilion); outline-offset: -2px; }
.heat .slow { color: var(--vermilion); font-weight: 600; }
.heat td.none { background: repeating-linear-gradient(45deg, var(--rule) 0 2px, transparent 2px 4px); }
.heat td[tabindex]:hover, .heat td[tabindex]:focus { outline: 2px solid var(--text); outline-offset: -1px; }
.heat td[tabindex]:hover::after, .heat td[tabindex]:focus::after { content: attr(data-path); position: fixed; left: .8rem;
  bottom: .8rem; z-index: 2; white-space: pre; text-align: left; line-height: 1.4; font-size: .9rem; background: var(--page);
  color: var(--text); border: 1px solid var(--muted); border-radius: 4px; padding: .5rem .7rem;
  box-shadow: 0 2px 8px #0006; pointer-events: none; }
.q0 { background: var(--q0); } .q1 { background: var(--q1); } .q2 { background: var(--q2); } .q3 { background: var(--q3); }
.q4 { background: var(--q4); } .q5 { background: var(--q5); } .q6 { background: var(--q6); } .q7 { background: var(--q7); }
.q8 { background: var(--q8); } .q0, .q1, .q2, .q3, .q4 { color: var(--low); } .q6, .q7, .q8 { color: var(--high); }
.q5 { color: #ffffff; } .scale span { display: inline-block; padding: .1rem .4rem; font-size: .8rem; }
@media screen and (max-width: 600px) { .heat { width: 100%; table-layout: fixed; } .heat td { min-width: 0; }
  .heat td:first-child { width: var(--names); } .heat th, table:not(.facts).heat th:first-child { min-width: 0; padding: 0 2px;
  white-space: nowrap; overflow: hidden; text-overflow: ellipsis; } .heat.small span, .heat.tiny th { display: none; }
  .heat { font-size: 12px !important; } .heat.tiny td:first-child { display: none; } }
)";

// What a page has room for on a phone, in pixels: 390 less its margins; a letter of 12 pixels.
constexpr double kNarrow = 356;
constexpr double kWidthOfLetter = 7;
constexpr double kMostForNames = 110;
constexpr double kLeastForName = 13;  // of a cell whose column is named

// Steps of color over the values: of RTTs by their ratio, of penalties by their difference.
class Scale {
 public:
  explicit Scale(const Matrix& matrix) : statistic_(matrix.statistic), values_(matrix) {
    const auto worst = matrix.worst();
    if (!worst.empty()) {
      low_ = scaled(*worst.back()->value);
      high_ = std::max(scaled(*worst.front()->value),
                       low_ + (statistic_.is_rtt() ? std::log(kLeastRatio) : kLeastSpan));
    }
  }

  [[nodiscard]] std::size_t step_of(double value) const {
    const double place = (scaled(value) - low_) / (high_ - low_) * kColorSteps;
    return static_cast<std::size_t>(std::clamp(place, 0.0, static_cast<double>(kColorSteps - 1)));
  }

  // Each step with the value at which it begins.
  [[nodiscard]] std::string legend() const {
    std::string html = "<p class=\"scale\">";
    for (std::size_t step = 0; step < kColorSteps; ++step) {
      const double begin = low_ + (high_ - low_) * static_cast<double>(step) / kColorSteps;
      const double value = statistic_.is_rtt() ? std::exp(begin) : begin;
      html += fmt::format("<span class=\"q{}\">{}</span>", step, values_.text_of(value));
    }
    return html + "</p>\n";
  }

 private:
  [[nodiscard]] double scaled(double value) const {
    return statistic_.is_rtt() ? std::log(std::max(value, 1.0)) : value;
  }

  const MatrixStatistic& statistic_;
  GridValues values_;
  double low_ = 0;
  double high_ = 1;
};

// What pointing at a cell shows: lines.
std::string path_lines(const Matrix& matrix, const MatrixCell& cell) {
  const PenaltyTable& table = cell.table;
  std::string text =
      fmt::format("{} → {}", visible(matrix.hosts[cell.from]), visible(matrix.hosts[cell.to]));
  if (cell.value && (matrix.statistic.size || !matrix.statistic.is_rtt())) {
    text += fmt::format("\n{}: {}", title_of(matrix.statistic),
                        value_text(matrix.statistic, *cell.value));
  }
  if (table.reference_size) {
    text += fmt::format("\nRTT of {}: {}", count_of(table.reference_size->bytes(), "byte"),
                        short_duration(table.reference_rtt));
  }
  if (table.filling || table.second || table.fourth) {
    text += fmt::format("\nfull packet {}, second {}, fourth {}", short_percent(table.filling),
                        short_percent(table.second), short_percent(table.fourth));
  }
  if (cell.residual) {
    text += fmt::format("\nbeyond what both hosts explain: {}",
                        difference_text(matrix.statistic, *cell.residual));
  }
  if (const MatrixCell* back = matrix.find(cell.to, cell.from);
      back != nullptr && back->value && cell.value) {
    text += fmt::format("\nagainst the reverse path: {}",
                        difference_text(matrix.statistic, *cell.value - *back->value));
  }
  text += fmt::format("\n{}{}", table.mss ? fmt::format("MSS {}, ", table.mss->bytes()) : "",
                      count_of(table.runs, "run"));
  if (cell.last_start) {
    text += ", newest " + short_day(*cell.last_start);
  }
  return text;
}

class HeatMap {
 public:
  explicit HeatMap(const Matrix& matrix)
      : matrix_(matrix), values_(matrix), scale_(matrix), order_(matrix.clusters.order) {
    for (const auto& host : matrix.findings.hosts) {
      slow_.insert(host.host);
    }
    for (const auto& path : matrix.findings.paths) {
      out_.insert({path.a, path.b});
      if (path.is_mutual) {
        out_.insert({path.b, path.a});
      }
    }
  }

  [[nodiscard]] std::string html() const {
    const std::size_t count = order_.size();
    const bool has_numbers = count <= kMostNumbers;
    const double cell =
        has_numbers ? 56 : std::clamp(820.0 / static_cast<double>(count) - 1, 7.0, 24.0);
    const double letters = has_numbers ? 12 : std::clamp(cell, 8.0, 12.0);
    const double names = std::min(width_of_names(), kMostForNames);
    std::string html = fmt::format(
        "<div class=\"wide\"><table class=\"heat{}\" style=\"--cell: {:.0f}px; --names: "
        "{:.0f}px; font-size: {:.0f}px\">\n"
        "<thead><tr><td></td>",
        look_when_narrow(names), cell, names, letters);
    for (const std::size_t to : order_) {
      html += head("col", to);
    }
    html += "</tr></thead>\n<tbody>\n";
    for (const std::size_t from : order_) {
      html += "<tr>" + head("row", from);
      for (const std::size_t to : order_) {
        html += cell_html(from, to, has_numbers);
      }
      html += "</tr>\n";
    }
    return html + "</tbody></table></div>\n" + scale_.legend();
  }

 private:
  [[nodiscard]] double width_of_names() const {
    std::size_t longest = 0;
    for (const std::string& host : matrix_.hosts) {
      longest = std::max(longest, columns_of(visible(host)));
    }
    return kWidthOfLetter * static_cast<double>(longest) + 12;
  }

  // On a phone: without numbers if they do not fit, and without names if these do not either.
  [[nodiscard]] std::string_view look_when_narrow(double names) const {
    std::size_t longest = 0;
    for (const MatrixCell& cell : matrix_.cells) {
      longest = std::max(longest, cell.value ? columns_of(values_.text_of(*cell.value)) : 0);
    }
    const double room = (kNarrow - names) / static_cast<double>(order_.size()) - 1;
    return room < kLeastForName                                   ? " tiny small"
           : room < kWidthOfLetter * static_cast<double>(longest) ? " small"
                                                                  : "";
  }

  [[nodiscard]] std::string head(std::string_view scope, std::size_t host) const {
    return fmt::format("<th scope=\"{}\"{}>{}</th>", scope,
                       slow_.contains(host) ? " class=\"slow\"" : "",
                       xml_escaped(visible(matrix_.hosts[host])));
  }

  [[nodiscard]] std::string cell_html(std::size_t from, std::size_t to, bool has_number) const {
    const MatrixCell* cell = matrix_.find(from, to);
    if (from == to || cell == nullptr) {
      return from == to ? "<td></td>" : "<td class=\"none\"></td>";
    }
    const std::string look =
        cell->value ? fmt::format("q{}", scale_.step_of(*cell->value)) : std::string("none");
    return fmt::format(
        "<td class=\"{}{}\" tabindex=\"0\" data-path=\"{}\">{}</td>", look,
        out_.contains({from, to}) ? " out" : "", xml_escaped(path_lines(matrix_, *cell)),
        has_number && cell->value ? fmt::format("<span>{}</span>", values_.text_of(*cell->value))
                                  : "");
  }

  const Matrix& matrix_;
  GridValues values_;
  Scale scale_;
  std::vector<std::size_t> order_;
  std::set<std::size_t> slow_;
  std::set<std::pair<std::size_t, std::size_t>> out_;
};

std::string path_html(const Matrix& matrix, const MatrixCell& cell) {
  return xml_escaped(
      fmt::format("{} → {}", visible(matrix.hosts[cell.from]), visible(matrix.hosts[cell.to])));
}

std::string worst_html(const Matrix& matrix) {
  std::vector<std::vector<std::string>> rows;
  for (const MatrixCell* cell : matrix.worst()) {
    if (rows.size() == kMostRows) {
      break;
    }
    rows.push_back({path_html(matrix, *cell), value_text(matrix.statistic, *cell->value),
                    cell->residual ? difference_text(matrix.statistic, *cell->residual) : "–"});
  }
  std::string html = "<h2>Largest</h2>\n" +
                     page_table({{"path"}, {"value"}, {"beyond what both hosts explain"}}, rows);
  rows.clear();
  for (const auto& [cell, difference] : matrix.asymmetric()) {
    if (rows.size() == kMostRows) {
      break;
    }
    rows.push_back({path_html(matrix, *cell), value_text(matrix.statistic, *cell->value),
                    difference_text(matrix.statistic, difference)});
  }
  return rows.empty() ? html
                      : html + "<h2>Most asymmetric</h2>\n" +
                            page_table({{"path"}, {"value"}, {"against the reverse path"}}, rows);
}

std::string hosts_html(const Matrix& matrix) {
  if (!matrix.is_fitted) {
    return {};
  }
  std::vector<std::size_t> order(matrix.hosts.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    order[i] = i;
  }
  std::ranges::stable_sort(order, std::ranges::greater{}, [&](std::size_t host) {
    return matrix.from_effects[host] + matrix.to_effects[host];
  });
  std::vector<std::vector<std::string>> rows;
  for (const std::size_t host : order) {
    rows.push_back({xml_escaped(visible(matrix.hosts[host])),
                    difference_text(matrix.statistic, matrix.from_effects[host]),
                    difference_text(matrix.statistic, matrix.to_effects[host])});
  }
  return fmt::format(
             "<h2>Hosts</h2>\n<p class=\"summary\">What each host adds to its paths, relative to "
             "{} overall (median polish).</p>\n",
             value_text(matrix.statistic, matrix.overall)) +
         page_table({{"host"}, {"as sender"}, {"as receiver"}}, rows);
}

// A paragraph for each kind.
std::string findings_html(const Matrix& matrix) {
  std::string html;
  std::string kind;
  std::size_t named = 0;
  for (const FindingLine& line : finding_lines(matrix)) {
    if (line.kind != kind) {
      html += fmt::format("{}<p class=\"warning\"><strong>{}</strong>",
                          kind.empty() ? "" : "</p>\n", line.kind);
      kind = line.kind;
      named = 0;
    }
    if (++named <= kMostRows) {
      html += "<br>" + xml_escaped(line.text);
    } else if (named == kMostRows + 1) {
      html += "<br>and more";
    }
  }
  return kind.empty() ? html : html + "</p>\n";
}

}  // namespace

std::string render_html(const Matrix& matrix) {
  std::string body =
      fmt::format("<h1>Every pair of hosts: {}</h1>\n<p class=\"summary\">{}</p>\n",
                  xml_escaped(title_of(matrix.statistic) + GridValues(matrix).unit()),
                  xml_escaped(extent_text(matrix)));
  body += findings_html(matrix);
  body += HeatMap(matrix).html() +
          "<p class=\"summary\">Rows are senders, columns receivers. Hosts that are close to each "
          "other are neighbors. Point at a cell, or tap it, for details of its path.</p>\n";
  for (const std::string& caveat : matrix_caveats(matrix)) {
    body += fmt::format("<p class=\"warning\">{}</p>\n", xml_escaped(caveat));
  }
  body += warning_paragraphs(warnings_of(matrix)) + worst_html(matrix) + hosts_html(matrix);
  return html_page("tcpstep matrix", kHeatStyle, body);
}

}  // namespace tcpstep
