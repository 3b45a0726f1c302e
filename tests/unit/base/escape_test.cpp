#include "lib/base/escape.h"

#include <gtest/gtest.h>

namespace tcpstep {
namespace {

// A line feed and a workflow command, a cursor movement, an override of direction, no UTF-8.
constexpr std::string_view kHostile = "a\n::error::x\x1b[2J\u202e\xff";

TEST(EscapeTest, KeepsATextOnItsLine) {
  EXPECT_EQ(visible(kHostile), "a\\x0a::error::x\\x1b[2J\\u{202e}\\xff");
  EXPECT_EQ(visible("\r\x7f\u0085\u2028"), "\\x0d\\x7f\\xc2\\x85\\u{2028}");
}

TEST(EscapeTest, KeepsPlainTextAsItIs) {
  EXPECT_EQ(visible("Büro – 10 µs\t中 😀"), "Büro – 10 µs\t中 😀");
  EXPECT_EQ(visible(""), "");
}

TEST(EscapeTest, ShowsBytesThatAreNoUtf8) {
  EXPECT_EQ(visible("\xc3"), "\\xc3");           // cut off
  EXPECT_EQ(visible("\xc0\xaf"), "\\xc0\\xaf");  // longer than needed
  EXPECT_EQ(visible("\xe0\x80\x80"), "\\xe0\\x80\\x80");
  EXPECT_EQ(visible("\xed\xa0\x80"), "\\xed\\xa0\\x80");  // half of a pair
  EXPECT_EQ(visible("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
}

TEST(EscapeTest, DisarmsWorkflowCommands) {
  EXPECT_EQ(visible("::set-output name=a::b"), "\\x3a:set-output name=a::b");
  EXPECT_EQ(visible("  ::add-mask::b"), "  \\x3a:add-mask::b");
  EXPECT_EQ(visible("x ##[add-path]/tmp ##[x]"), "x ##\\x5badd-path]/tmp ##\\x5bx]");
  EXPECT_EQ(visible_lines("ours\n::error::"), "ours\n\\x3a:error::");
}

TEST(EscapeTest, TakesMarkdownLiterally) {
  EXPECT_EQ(markdown_escaped("<img src=x> [a](b) | *c* `d`"),
            R"(\<img src=x\> \[a\](b) \| \*c\* \`d\`)");
  EXPECT_EQ(markdown_escaped("# a"), "\\# a");
  EXPECT_EQ(markdown_escaped("- a"), "\\- a");
  EXPECT_EQ(markdown_escaped("-0.5 %"), "-0.5 %");
  EXPECT_EQ(markdown_escaped("http://a.example www.a.example @a"),
            R"(http\://a.example www\.a.example \\x40a)");
  EXPECT_EQ(markdown_escaped(kHostile), R"(a\\x0a::error::x\\x1b\[2J\\u{202e}\\xff)");
}

TEST(EscapeTest, KeepsXmlWellFormed) {
  EXPECT_EQ(xml_escaped("<a b='c'>&\"</a>"), "&lt;a b=&#39;c&#39;&gt;&amp;&quot;&lt;/a&gt;");
  EXPECT_EQ(xml_escaped(kHostile), "a\\x0a::error::x\\x1b[2J\\u{202e}\\xff");
}

TEST(EscapeTest, KeepsAWorkflowCommandTheOnlyOne) {
  EXPECT_EQ(github_escaped("50 %, a:\nb"), "50 %25, a:\\x0ab");
  EXPECT_EQ(github_escaped("\r\u202e"), "\\x0d\\u{202e}");
}

TEST(EscapeTest, KeepsACellOneCell) {
  EXPECT_EQ(csv_escaped("a,\"b\""), "\"a,\"\"b\"\"\"");
  EXPECT_EQ(csv_escaped("=cmd()"), "'=cmd()");
  EXPECT_EQ(csv_escaped("lan"), "lan");
  EXPECT_EQ(csv_escaped("a\nb"), "a\\x0ab");
}

}  // namespace
}  // namespace tcpstep
