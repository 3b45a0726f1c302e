#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "lib/report/render.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

LinkRuns link_of(const std::string& name, std::uint32_t mss, std::uint32_t step = 100) {
  LinkRuns link;
  link.key.link = name;
  link.key.mss = Mss(mss);
  link.runs = 1;
  for (std::uint32_t bytes = 1; bytes <= 9901; bytes += step) {
    for (int i = 0; i < 3; ++i) {
      link.series[PayloadSize(bytes)].add(
          20us + segments_needed(PayloadSize(bytes), Mss(mss)) * 5us + Duration(i * 100));
    }
  }
  return link;
}

template <class... Links>
std::string render(Links... sketches) {
  std::vector<LinkRuns> links;
  (links.push_back(std::move(sketches)), ...);
  std::vector<PenaltyTable> tables;
  for (const LinkRuns& link : links) {
    tables.push_back(penalty_table(link, Statistic::minimum()));
  }
  return render_html(links, tables);
}

TEST(RenderHtmlTest, ShowsLinksSideBySideAndEachOfThemAlone) {
  const std::string html = render(link_of("lan", 1448), link_of("loopback", 32741));
  EXPECT_THAT(html, HasSubstr("<a href=\"#link-1\">lan</a></th>"));
  EXPECT_THAT(html, HasSubstr("<td>+20 %</td><td>+60 %</td>"));
  EXPECT_THAT(html, HasSubstr("<section id=\"link-2\">\n<h2>loopback"));
  EXPECT_THAT(html, HasSubstr("every size is one packet (MSS 32741)"));
  EXPECT_THAT(html, HasSubstr("+5.00 µs"));
}

TEST(RenderHtmlTest, SaysWhatSpoilsTheNumbersAndWhatToDo) {
  LinkRuns link = link_of("lan", 1448);
  link.header.add("interface", "eth0");
  link.warnings = {"segments_merged"};
  const std::string html = render(link);
  EXPECT_THAT(html, HasSubstr("Packets are merged by the measuring host (eth0)"));
  EXPECT_THAT(html, HasSubstr("ethtool -K eth0 tso off"));
}

TEST(RenderHtmlTest, ShowsValuesWherePointedAtAndAPictureForAPhone) {
  const std::string html = render(link_of("lan", 1448));
  EXPECT_THAT(
      html,
      HasSubstr("class=\"end value\">1501 bytes: 30.00 µs, +20.0 %, 2 packets, 3 pings</text>"));
  EXPECT_THAT(html, HasSubstr(".spot:is(:hover, :focus) .value { display: inline; }"));
  const std::string narrow = html.substr(html.find("<svg class=\"narrow\""));
  EXPECT_THAT(narrow.substr(0, narrow.find("</svg>")), HasSubstr("tabindex=\"-1\""))
      << "a phone has no pointer: it shows what has the focus";
  EXPECT_THAT(html, HasSubstr("<svg class=\"narrow\" viewBox=\"0 0 360 400\""));
  EXPECT_THAT(html, HasSubstr("svg.wide { display: none; }"));
}

TEST(RenderHtmlTest, BeginsWithTheLinksThatBecameSlower) {
  std::vector<LinkRuns> links{link_of("steady", 1448), link_of("faster", 1448),
                              link_of("slower", 1448), link_of("new", 1448)};
  std::vector<PenaltyTable> tables;
  for (const LinkRuns& link : links) {
    tables.push_back(penalty_table(link, Statistic::minimum()));
  }
  EXPECT_THAT(render_html(links, tables), Not(HasSubstr(">change</th>")));
  tables[0].trend = {.words = "steady", .change = 0, .levels = {1e6, 1e6, 1e6}};
  tables[1].trend = {.words = "-9 % 22 Nov", .change = -0.1, .levels = {2e6, 1e6}};
  tables[2].trend = {.words = "+15 % 24 Nov", .change = 0.14, .levels = {1e6, 2e6}};
  tables[3].trend = {.words = "too few runs"};
  const std::string html = render_html(links, tables);
  EXPECT_THAT(html, HasSubstr("+15 % 24 Nov"));
  EXPECT_THAT(html, HasSubstr("class=\"trend\" viewBox"));
  std::size_t before = 0;
  for (const char* link : {"slower", "faster", "steady", "new"}) {
    const std::size_t at = html.find(std::string(">") + link + "</a>");
    ASSERT_NE(at, std::string::npos) << link;
    EXPECT_GT(at, before) << link;
    before = at;
  }
}

TEST(RenderHtmlTest, NeedsNothingFromOutside) {
  const std::string html = render(link_of("lan", 1448));
  for (const char* outside : {"http:", "https:", "src=\"", "@import", "url(", "<script", "//"}) {
    EXPECT_THAT(html, Not(HasSubstr(outside)));
  }
  EXPECT_THAT(html, HasSubstr("default-src 'none'"));
  EXPECT_THAT(html, HasSubstr("prefers-color-scheme: dark"));
}

TEST(RenderHtmlTest, EscapesWhateverComesFromOutside) {
  LinkRuns link = link_of("<b>&'\"", 1448);
  link.header.add("load", "<script>alert(1)</script>");
  link.header.add("</table>", "x");
  link.warnings = {"<img>"};
  link.differing = {"<i>"};
  const std::string html = render(std::move(link));
  for (const char* raw : {"<b>", "<script", "<img", "<i>", "</table></table>"}) {
    EXPECT_THAT(html, Not(HasSubstr(raw)));
  }
  EXPECT_THAT(html, HasSubstr("&lt;b&gt;&amp;&#39;&quot;"));
  EXPECT_THAT(html, HasSubstr("&lt;script&gt;"));
}

TEST(RenderHtmlTest, NamesFactsInWhichRunsDiffer) {
  LinkRuns link = link_of("lan", 1448);
  link.header.add("server_os", "Linux 6.1");
  link.header.add("fill", "random");
  link.varying = {"server_os"};
  const std::string html = render(std::move(link));
  EXPECT_THAT(html, HasSubstr("Linux 6.1 (other runs differ)"));
  EXPECT_THAT(html, HasSubstr("<td>random</td>"));
}

TEST(RenderHtmlTest, DrawsStrangeLinksWithoutNaN) {
  LinkRuns constant;
  constant.key.link = "constant";
  constant.series[PayloadSize(1)].add(1ns);
  LinkRuns empty;
  empty.key.link = "empty";
  LinkRuns slow = link_of("slow", 1);
  slow.series[PayloadSize(5)].add(24h);
  const std::string html =
      render(std::move(constant), std::move(empty), std::move(slow), link_of("fine", 1448, 1));
  for (const char* wrong : {"nan", "inf", "-0.0\""}) {
    EXPECT_THAT(html, Not(HasSubstr(std::string("=\"") + wrong)));
  }
  EXPECT_THAT(html, HasSubstr("no counted samples"));
  EXPECT_LT(html.size(), 3'000'000U);
}

}  // namespace
}  // namespace tcpstep
