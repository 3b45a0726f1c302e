#include "lib/report/page.h"

#include <fmt/format.h>

#include "lib/base/escape.h"
#include "lib/base/text.h"

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
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin-top: 2.5rem; break-after: avoid; }
a { color: var(--blue); } h2 a { float: right; font-size: .9rem; font-weight: normal; }
p.summary, footer, figcaption { color: var(--muted); }
p.warning { background: var(--shade); border-left: 4px solid var(--gold); padding: .5rem .8rem; }
div.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin-top: 1rem; }
th, td { padding: .25rem .6rem; border-bottom: 1px solid var(--rule); text-align: right;
  white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
thead th { border-bottom: 2px solid var(--rule); }
table.facts th, table.facts td { text-align: left; font-weight: normal; white-space: normal; }
table.facts td { overflow-wrap: anywhere; }
th:first-child { overflow-wrap: anywhere; }
details { margin: 1rem 0; } figure { margin: 1rem 0; }
svg { width: 100%; height: auto; font: 12px system-ui, sans-serif; }
svg.narrow { display: none; font-size: 13px; } svg.narrow .strong { font-size: 13px; }
svg.trend { width: 90px; height: 20px; vertical-align: middle; } .trend .dots { stroke-width: 4; }
.spot { fill: none; pointer-events: all; }
svg text { fill: var(--ink, var(--text)); } svg .middle { text-anchor: middle; }
svg .end { text-anchor: end; } svg .strong { font-weight: 600; font-size: 13px; }
svg path { fill: none; stroke: var(--ink); } svg .band { fill: var(--ink); stroke: none; opacity: .22; }
svg .line { stroke-width: 1.7; } svg .dots { stroke-width: 4.4; stroke-linecap: round; }
svg .dashed { stroke-width: 1; stroke-dasharray: 5 4; opacity: .7; } svg .faint { opacity: .4; }
.grid { --ink: var(--grid); } .axis, .muted { --ink: var(--muted); } .text { --ink: var(--text); }
.blue { --ink: var(--blue); } .vermilion { --ink: var(--vermilion); } .gold { --ink: var(--gold); }
.green { --ink: var(--green); } .sky { --ink: var(--sky); } .gray { --ink: var(--gray); }
.brown { --ink: var(--brown); } .purple { --ink: var(--purple); }
@media (max-width: 600px) { body { margin: 1rem auto; } .spare { display: none; } .words { white-space: normal; }
  table { font-size: .85rem; } th, td { padding: .25rem .3rem; } thead th { white-space: normal; }
  table:not(.facts) th:first-child { white-space: normal; min-width: 4.5rem; }
  svg.wide { display: none; } svg.narrow { display: block; } }
@media print { body { max-width: none; margin: 0; font-size: 12px; } h2 a { display: none; }
  th, td { padding: .2rem .4rem; } div.wide { overflow: visible; }
  section { break-before: page; } figure, table, tr, p.warning { break-inside: avoid; } }
)";

}  // namespace

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

}  // namespace tcpstep
