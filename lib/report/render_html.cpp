#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cassert>

#include "lib/base/escape.h"
#include "lib/base/text.h"
#include "lib/report/link_drawings.h"
#include "lib/report/render.h"
#include "lib/report/rows.h"

namespace tcpstep {
namespace {

// Okabe and Ito's colors, which colour-blind readers can tell apart: the darker ones on white, the
// lighter ones on black.
constexpr std::string_view kStyle = R"(
:root { color-scheme: light dark; --page: #ffffff; --text: #202020; --muted: #5a5a5a; --rule: #d8d8d8;
  --grid: #e9e9e9; --shade: #f5f6f7; --blue: #0072b2; --vermilion: #d55e00; --gold: #b07a00;
  --green: #009e73; --sky: #2f8fc4; --purple: #a8578a; --brown: #b24a00; --gray: #9a9a9a; }
@media (prefers-color-scheme: dark) { :root { --page: #14171a; --text: #e6e6e6; --muted: #a4abb2;
  --rule: #3a4047; --grid: #262b30; --shade: #1c2024; --blue: #56b4e9; --vermilion: #ee7733;
  --gold: #e69f00; --green: #33b894; --sky: #9ad2f2; --purple: #dd9dc4; --brown: #f2a05f; --gray: #7c848c; } }
body { background: var(--page); color: var(--text); font: 15px/1.5 system-ui, sans-serif;
  max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin-top: 2.5rem; }
p.summary, footer, figcaption { color: var(--muted); }
p.warning { background: var(--shade); border-left: 4px solid var(--gold); padding: .5rem .8rem; }
div.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin-top: 1rem; }
th, td { padding: .25rem .8rem; border-bottom: 1px solid var(--rule); text-align: right;
  white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
thead th { border-bottom: 2px solid var(--rule); }
table.facts th, table.facts td { text-align: left; font-weight: normal; white-space: normal; }
table.facts td { overflow-wrap: anywhere; }
details { margin: 1rem 0; } figure { margin: 1rem 0; }
svg { width: 100%; height: auto; font: 12px system-ui, sans-serif; }
svg text { fill: var(--ink, var(--text)); } svg .middle { text-anchor: middle; }
svg .end { text-anchor: end; } svg .strong { font-weight: 600; font-size: 13px; }
svg path { fill: none; stroke: var(--ink); } svg .band { fill: var(--ink); stroke: none; opacity: .22; }
svg .line { stroke-width: 1.7; } svg .dots { stroke-width: 4.4; stroke-linecap: round; }
svg .dashed { stroke-width: 1; stroke-dasharray: 5 4; opacity: .7; } svg .faint { opacity: .4; }
.grid { --ink: var(--grid); } .axis, .muted { --ink: var(--muted); } .text { --ink: var(--text); }
.blue { --ink: var(--blue); } .vermilion { --ink: var(--vermilion); } .gold { --ink: var(--gold); }
.green { --ink: var(--green); } .sky { --ink: var(--sky); } .gray { --ink: var(--gray); }
.brown { --ink: var(--brown); } .purple { --ink: var(--purple); }
)";

std::string cell(std::string_view text) {
  return fmt::format("<td>{}</td>", xml_escaped(text));
}

// Links side by side in the three rows of 2014.
std::string penalty_rows(std::span<const PenaltyTable> tables) {
  std::string html =
      fmt::format("<div class=\"wide\"><table>\n<thead><tr><th scope=\"col\">{}</th>",
                  xml_escaped(penalty_rows_title(tables)));
  for (const PenaltyTable& table : tables) {
    html += fmt::format("<th scope=\"col\">{}</th>", xml_escaped(table.link));
  }
  html += "</tr></thead>\n<tbody>\n";
  for (const PenaltyRow& row : kPenaltyRows) {
    html += fmt::format("<tr><th scope=\"row\">{}</th>", row.words);
    for (const PenaltyTable& table : tables) {
      html += cell(percent_cell(table.*row.penalty));
    }
    html += "</tr>\n";
  }
  return html + "</tbody></table></div>\n";
}

// The first `columns` cells of each row, and the text below.
std::string cell_table(const CellTable& cells, std::size_t columns) {
  std::string html;
  if (!cells.rows.empty()) {
    html = "<div class=\"wide\"><table>\n<thead><tr>";
    for (std::size_t i = 0; i < columns; ++i) {
      html += fmt::format("<th scope=\"col\">{}</th>", cells.title[i]);
    }
    html += "</tr></thead>\n<tbody>\n";
    for (const auto& row : cells.rows) {
      html += fmt::format("<tr><th scope=\"row\">{}</th>", xml_escaped(row[0]));
      for (std::size_t i = 1; i < columns; ++i) {
        html += cell(row[i]);
      }
      html += "</tr>\n";
    }
    html += "</tbody></table></div>\n";
  }
  return cells.text.empty()
             ? html
             : html + fmt::format("<p class=\"summary\">{}</p>\n", xml_escaped(cells.text));
}

std::string packet_table(const PenaltyTable& table) {
  CellTable cells = class_cells(table);
  if (!cells.title.empty()) {
    cells.title[5] = cells.added_to;
  }
  return cell_table(cells, cells.title.size());
}

std::string warning_paragraphs(const PenaltyTable& table) {
  std::string html;
  for (const std::string& caveat : caveats(table)) {
    html += fmt::format("<p class=\"warning\">{}</p>\n", xml_escaped(caveat));
  }
  for (const Warning& warning : table.warnings) {
    html += fmt::format("<p class=\"warning\">{}<br>{}</p>\n", xml_escaped(warning.text),
                        xml_escaped(warning.remedy));
  }
  return html;
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

std::string figure(const std::string& svg, std::string_view caption) {
  return fmt::format("<figure>\n{}<figcaption>{}</figcaption></figure>\n", svg, caption);
}

std::string section(const LinkRuns& link, const PenaltyTable& table) {
  std::string html =
      fmt::format("<section>\n<h2>{}</h2>\n<p class=\"summary\">{}<br>{}</p>\n",
                  xml_escaped(table.link), xml_escaped(heading(table)), xml_escaped(extent(table)));
  const std::string reason = why_no_penalties(table);
  if (!reason.empty()) {
    html += fmt::format("<p class=\"warning\">{}</p>\n", xml_escaped(reason));
  }
  if (!link.series.empty()) {
    html += figure(svg(closeup(link, kFigure)), "Closeup: the fastest ping of every payload size.");
    html += packet_table(table) + warning_paragraphs(table);
    html += figure(svg(spread(link, kFigure)), "All results: from the fastest to the slowest.");
  }
  return html + environment(link) + "</section>\n";
}

}  // namespace

std::string render_html(std::span<const LinkRuns> links, std::span<const PenaltyTable> tables) {
  assert(links.size() == tables.size());
  std::string html = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; "
      "style-src 'unsafe-inline'\">\n<link rel=\"icon\" href=\"data:,\">\n"
      "<title>tcpstep report</title>\n<style>{}</style>\n</head>\n<body>\n"
      "<h1>Round-trip time by payload size</h1>\n{}",
      kStyle, penalty_rows(tables));
  if (std::ranges::count_if(links, [](const LinkRuns& link) { return !link.series.empty(); }) > 1) {
    html +=
        figure(svg(together(links, kFigure)),
               "All links: extra RTT of each payload size, relative to the smallest size, whose "
               "RTT is beside the name.");
  }
  for (std::size_t i = 0; i < links.size(); ++i) {
    html += section(links[i], tables[i]);
  }
  return html +
         fmt::format("<footer>{}</footer>\n</body>\n</html>\n", xml_escaped(version_and_git()));
}

}  // namespace tcpstep
