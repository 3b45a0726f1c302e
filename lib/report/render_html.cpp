#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cassert>
#include <numeric>
#include <vector>

#include "lib/base/escape.h"
#include "lib/base/text.h"
#include "lib/report/link_drawings.h"
#include "lib/report/page.h"
#include "lib/report/render.h"
#include "lib/report/rows.h"
#include "lib/stats/estimators.h"

namespace tcpstep {
namespace {

// Okabe and Ito's colors, which colour-blind readers can tell apart: the darker ones on white, the
// lighter ones on black.
constexpr std::string_view kStyle = R"(
:root { color-scheme: light dark; --page: #ffffff; --text: #202020; --muted: #5a5a5a; --rule: #d8d8d8;
  --grid: #e9e9e9; --shade: #f5f6f7; --blue: #0072b2; --vermilion: #d55e00; --gold: #b07a00;
  --green: #009e73; --sky: #2f8fc4; --purple: #a8578a; --brown: #b24a00; --gray: #9a9a9a; }
@media screen and (prefers-color-scheme: dark) { :root { --page: #14171a; --text: #e6e6e6; --muted: #a4abb2;
  --rule: #3a4047; --grid: #262b30; --shade: #1c2024; --blue: #56b4e9; --vermilion: #ee7733;
  --gold: #e69f00; --green: #33b894; --sky: #9ad2f2; --purple: #dd9dc4; --brown: #f2a05f; --gray: #7c848c; } }
body { background: var(--page); color: var(--text); font: 15px/1.5 system-ui, sans-serif;
  max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin-top: 2.5rem; break-after: avoid; }
a { color: var(--blue); } h2 a { float: right; font-size: .9rem; font-weight: normal; }
p.summary, footer, figcaption { color: var(--muted); }
p.warning { background: var(--shade); border-left: 4px solid var(--gold); padding: .5rem .8rem; }
div.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin-top: 1rem; }
th, td { padding: .25rem .6rem; border-bottom: 1px solid var(--rule); text-align: right;
  white-space: nowrap; }
th:first-child, td:first-child, .words { text-align: left; }
thead th { border-bottom: 2px solid var(--rule); }
table.facts th, table.facts td { text-align: left; font-weight: normal; white-space: normal; }
table.facts td { overflow-wrap: anywhere; }
th:first-child { overflow-wrap: anywhere; }
details { margin: 1rem 0; } figure { margin: 1rem 0; }
svg { width: 100%; height: auto; font: 12px system-ui, sans-serif; }
svg.narrow { display: none; font-size: 13px; } svg.narrow .strong { font-size: 13px; }
svg.trend { width: 90px; height: 20px; vertical-align: middle; } .trend .dots { stroke-width: 4; }
.spot { outline: none; } .spot circle { fill: none; pointer-events: all; } .spot .value { display: none; pointer-events: none;
  paint-order: stroke; stroke: var(--page); stroke-width: 5px; stroke-linejoin: round; }
.spot:is(:hover, :focus) .value { display: inline; } .spot:is(:hover, :focus) circle { stroke: var(--text); stroke-width: 1.5; }
svg text { fill: var(--ink, var(--text)); } svg .middle { text-anchor: middle; }
svg .end { text-anchor: end; } svg .strong { font-weight: 600; font-size: 13px; }
svg path { fill: none; stroke: var(--ink); } svg .band { fill: var(--ink); stroke: none; opacity: .22; }
svg .line { stroke-width: 1.7; } svg .dots { stroke-width: 4.4; stroke-linecap: round; }
svg .dashed { stroke-width: 1; stroke-dasharray: 5 4; opacity: .7; } svg .faint { opacity: .4; }
.grid { --ink: var(--grid); } .axis, .muted { --ink: var(--muted); } .text { --ink: var(--text); }
.blue { --ink: var(--blue); } .vermilion { --ink: var(--vermilion); } .gold { --ink: var(--gold); }
.green { --ink: var(--green); } .sky { --ink: var(--sky); } .gray { --ink: var(--gray); }
.brown { --ink: var(--brown); } .purple { --ink: var(--purple); }
@media screen and (max-width: 600px) { body { margin: 1rem auto; } .spare { display: none; } .words { white-space: normal; }
  table { font-size: .85rem; } th, td { padding: .25rem .3rem; } thead th { white-space: normal; }
  table:not(.facts) th:first-child { white-space: normal; min-width: 4.5rem; }
  svg.wide { display: none; } svg.narrow { display: block; } }
@media print { :root { color-scheme: light; } body { max-width: none; margin: 0; font-size: 12px; line-height: 1.35; } h2 { margin-top: 0; }
  p + section { margin-top: 1.5rem; } h2 a, details:not([open]) { display: none; } th, td { padding: .1rem .4rem; } div.wide { overflow: visible; }
  p.warning { margin: .5rem 0; padding: .2rem .6rem; } figure { margin: .5rem 0; } figure svg { width: 80%; }  /* a link on a page */
  figure + section, section + section { break-before: page; }
  figure, table, tr, p.warning { break-inside: avoid; } }
@page { margin: 1.3cm; }
)";

// A row for each link: those that became slower first, those that became faster next.
std::string overview(std::span<const PenaltyTable> tables) {
  std::vector<std::size_t> order(tables.size());
  std::iota(order.begin(), order.end(), 0);
  const auto change = [&](std::size_t i) { return tables[i].trend ? tables[i].trend->change : 0; };
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return change(a) != 0 && (change(b) == 0 || change(a) > change(b));
  });
  const bool is_one_byte = is_of_one_byte(tables);
  const bool has_trend = has_trends(tables);
  std::vector<PageColumn> columns{{"link"},
                                  {"runs", kSpare},
                                  {is_one_byte ? "1 byte" : "smallest"},
                                  {"median", kSpare},
                                  {"p99", kSpare},
                                  {"full", kSpare},
                                  {"2nd"},
                                  {"4th"},
                                  {"last run", kSpare}};
  if (has_trend) {
    columns.insert(columns.end(), {{"change", kWords}, {"", kSpare}});
  }
  const auto all_cells = overview_rows(tables);
  std::vector<std::vector<std::string>> rows;
  for (const std::size_t i : order) {
    const PenaltyTable& table = tables[i];
    std::vector<std::string> cells = all_cells[i];
    std::ranges::transform(cells, cells.begin(), xml_escaped);
    cells[0] = fmt::format("<a href=\"#link-{}\">{}</a>", i + 1, cells[0]);
    cells.push_back(table.trend ? trend_line(table.trend->levels) : "");
    rows.push_back(std::move(cells));
  }
  return page_table(columns, rows) +
         fmt::format(
             "<p class=\"summary\">The fastest ping of {}, its median and p99; what a full "
             "packet, a second and a fourth one add to it{}.</p>\n",
             is_one_byte ? "1 byte" : "the smallest size",
             has_trend ? "; what changed over the runs, and the level of each" : "");
}

std::string packet_table(const PenaltyTable& table) {
  const CellTable cells = class_cells(table);
  if (cells.rows.empty()) {
    return {};
  }
  std::vector<PageColumn> columns;
  for (std::size_t i = 0; i < cells.title.size(); ++i) {
    const bool is_spare = i == 1 || i == 3 || i == 4;  // sizes, median, p99
    columns.push_back({i == 5 ? cells.added_to : cells.title[i], is_spare ? kSpare : ""});
  }
  std::vector<std::vector<std::string>> rows = cells.rows;
  for (auto& row : rows) {
    std::ranges::transform(row, row.begin(), xml_escaped);
  }
  return page_table(columns, rows);
}

std::string environment(const LinkRuns& link) {
  std::string html =
      "<details><summary>Environment</summary>\n<div class=\"wide\"><table class=\"facts\">\n";
  for (const auto& [key, value] : link.header.facts()) {
    html +=
        fmt::format("<tr><th scope=\"row\">{}</th><td>{}{}</td></tr>\n", xml_escaped(key),
                    xml_escaped(value), link.varying.contains(key) ? " (other runs differ)" : "");
  }
  return html + "</table></div></details>\n";
}

// The picture of `draw` twice: for a screen, and for a phone.
template <class Draw>
std::string figure(Draw&& draw, std::string_view caption) {
  return fmt::format("<figure>\n{}{}<figcaption>{}</figcaption></figure>\n", svg(draw(kFigure)),
                     svg(draw(kNarrowFigure)), caption);
}

std::string section(const LinkRuns& link, const PenaltyTable& table, std::size_t number) {
  std::string html = fmt::format(
      "<section id=\"link-{}\">\n<h2>{} <a href=\"#top\">all links</a></h2>\n"
      "<p class=\"summary\">{}<br>{}</p>\n",
      number, xml_escaped(table.link), xml_escaped(heading(table).substr(table.link.size() + 2)),
      xml_escaped(extent(table)));
  const std::string reason = why_no_penalties(table);
  if (!reason.empty()) {
    html += fmt::format("<p class=\"warning\">{}</p>\n", xml_escaped(reason));
  }
  if (!link.series.empty()) {
    html += figure([&](const Sheet& sheet) { return closeup(link, sheet); },
                   "Closeup: the fastest ping of every payload size.");
    html += packet_table(table) + warning_paragraphs(notes_of(table));
    html += figure([&](const Sheet& sheet) { return spread(link, sheet); },
                   "All results: from the fastest to the slowest.");
  }
  return html + environment(link) + "</section>\n";
}

}  // namespace

std::string page_table(const std::vector<PageColumn>& columns,
                       const std::vector<std::vector<std::string>>& rows) {
  std::string html = "<div class=\"wide\"><table>\n<thead><tr>";
  for (const PageColumn& column : columns) {
    html += fmt::format("<th scope=\"col\"{}>{}</th>", column.look, xml_escaped(column.title));
  }
  html += "</tr></thead>\n<tbody>\n";
  for (const auto& row : rows) {
    html += fmt::format("<tr><th scope=\"row\">{}</th>", row[0]);
    for (std::size_t i = 1; i < columns.size(); ++i) {
      html += fmt::format("<td{}>{}</td>", columns[i].look, row[i]);
    }
    html += "</tr>\n";
  }
  return html + "</tbody></table></div>\n";
}

std::string warning_paragraphs(std::span<const Warning> warnings) {
  std::string html;
  for (const Warning& warning : warnings) {
    html += fmt::format("<p class=\"warning\">{}{}{}</p>\n", xml_escaped(warning.text),
                        warning.remedy.empty() ? "" : "<br>", xml_escaped(warning.remedy));
  }
  return html;
}

std::string trend_line(const std::vector<double>& all) {
  constexpr double kWidth = 90;
  constexpr double kHeight = 20;
  constexpr double kMargin = 3;
  constexpr std::size_t kMost = 60;  // more are closer together than a pixel and a half
  if (all.size() < 2) {
    return {};
  }
  std::vector<double> levels;
  for (std::size_t i = 0, count = std::min(all.size(), kMost); i < count; ++i) {
    const auto at = [&](std::size_t part) {
      return all.begin() + static_cast<std::ptrdiff_t>(part * all.size() / count);
    };
    levels.push_back(median_of({at(i), at(i + 1)}));
  }
  const auto [low, high] = std::ranges::minmax(levels);
  const double span = std::max(high - low, 0.02 * high);  // what is steady looks steady
  std::string path;
  double x = 0;
  double y = 0;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    x = kMargin +
        (kWidth - 2 * kMargin) * static_cast<double>(i) / static_cast<double>(levels.size() - 1);
    y = kHeight - kMargin - (kHeight - 2 * kMargin) * (levels[i] - low) / span;
    path += fmt::format("{}{:.1f},{:.1f}", i == 0 ? "M" : "L", x, y);
  }
  return fmt::format(
      "<svg class=\"trend\" viewBox=\"0 0 {:.0f} {:.0f}\" aria-hidden=\"true\"><path d=\"{}\" "
      "class=\"line blue\"/><path d=\"M{:.1f},{:.1f}h0\" class=\"dots blue\"/></svg>",
      kWidth, kHeight, path, x, y);
}

std::string html_page(std::string_view title, std::string_view style, std::string_view body) {
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; "
      "style-src 'unsafe-inline'\">\n<link rel=\"icon\" href=\"data:,\">\n"
      "<title>{}</title>\n<style>{}{}</style>\n</head>\n<body id=\"top\">\n{}"
      "<footer>{}</footer>\n</body>\n</html>\n",
      xml_escaped(title), kStyle, style, body, xml_escaped(version_and_git()));
}

std::string_view page_style() {
  return kStyle;
}

std::string render_html(std::span<const LinkRuns> links, std::span<const PenaltyTable> tables) {
  assert(links.size() == tables.size());
  std::string html =
      fmt::format("<h1>Round-trip time by payload size</h1>\n<p class=\"summary\">{}</p>\n{}",
                  xml_escaped(extent(tables)), overview(tables));
  if (std::ranges::count_if(links, [](const LinkRuns& link) { return !link.series.empty(); }) > 1) {
    html += figure([&](const Sheet& sheet) { return together(links, sheet); },
                   "All links: what each payload size adds to the RTT of the smallest size, which "
                   "is beside the name.");
  }
  for (std::size_t i = 0; i < links.size(); ++i) {
    html += section(links[i], tables[i], i + 1);
  }
  return html_page("tcpstep report", {}, html);
}

}  // namespace tcpstep
