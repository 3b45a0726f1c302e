// Histories as a page: a row for each link, and more of those of which there is something to say.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "lib/base/escape.h"
#include "lib/compare/history_rows.h"
#include "lib/compare/render_history.h"
#include "lib/report/page.h"
#include "lib/report/render.h"

namespace tcpstep {
namespace {

bool is_told(const History& history) {
  return history.trend != Trend::Steady || history.unconfirmed;
}

// Slower, faster, cannot tell, steady; the largest change of each first.
std::vector<std::size_t> order_of(std::span<const History> histories) {
  const auto rank = [&](std::size_t i) {
    switch (histories[i].trend) {
      case Trend::Slower:
        return 0;
      case Trend::Faster:
        return 1;
      case Trend::Inconclusive:
        return 2;
      case Trend::Steady:
        break;
    }
    return 3;
  };
  std::vector<double> sizes;
  for (const History& history : histories) {
    sizes.push_back(std::abs(trend_of(history).change));
  }
  std::vector<std::size_t> order(histories.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) {
    return std::pair(rank(a), -sizes[a]) < std::pair(rank(b), -sizes[b]);
  });
  return order;
}

std::string overview(std::span<const History> histories, const std::vector<std::size_t>& order) {
  std::vector<PageColumn> columns;
  for (const char* title : kOverviewTitles) {
    const bool is_spare = columns.size() == 2 || columns.size() > 4;
    columns.push_back({title, columns.size() == 1 ? kWords : is_spare ? kSpare : ""});
  }
  columns.push_back({"", kSpare});
  const std::vector<OverviewCells> cells = overview_rows(histories);
  std::vector<std::vector<std::string>> rows;
  for (const std::size_t i : order) {
    std::vector<std::string> row(cells[i].begin(), cells[i].end());
    std::ranges::transform(row, row.begin(), xml_escaped);
    if (is_told(histories[i])) {
      row[0] = fmt::format("<a href=\"#link-{}\">{}</a>", i + 1, row[0]);
    }
    row.push_back(trend_line(trend_of(histories[i]).levels));
    rows.push_back(std::move(row));
  }
  return page_table(columns, rows);
}

std::string section(const History& history, std::size_t number) {
  std::string html = fmt::format(
      "<section id=\"link-{}\">\n<h2>{} <a href=\"#top\">all links</a></h2>\n"
      "<p>{}</p>\n<p class=\"summary\">{}",
      number, xml_escaped(history.link), xml_escaped(headline(history)),
      xml_escaped(subject_line(history)));
  for (const std::string& line : remarks(history)) {
    html += "<br>\n" + xml_escaped(line);
  }
  html += "</p>\n";
  if (!history.columns.empty()) {
    html +=
        fmt::format("<div class=\"wide\"><figure>\n{}</figure></div>\n", svg(drawing_of(history)));
  }
  return html + "</section>\n";
}

}  // namespace

std::string render_html(std::span<const History> histories,
                        const std::vector<std::string>& summary) {
  const std::vector<std::size_t> order = order_of(histories);
  std::string body = "<h1>Round-trip times over the runs</h1>\n";
  for (const std::string& line : summary) {
    body += fmt::format("<p class=\"{}\">{}</p>\n", &line == summary.data() ? "summary" : "warning",
                        xml_escaped(line));
  }
  body += overview(histories, order) + warning_paragraphs(shared_warnings(histories));
  for (const std::size_t i : order) {
    if (is_told(histories[i])) {
      body += section(histories[i], i + 1);
    }
  }
  return html_page("tcpstep history", {}, body);
}

}  // namespace tcpstep
