#include "lib/base/screen_text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "lib/base/text.h"

namespace tcpstep {
namespace {

TEST(ScreenTextTest, CountsColumnsNotBytes) {
  EXPECT_EQ(columns_of("13.4 µs"), 7U);
  EXPECT_EQ(columns_of("1501–2801"), 9U);
}

TEST(ScreenTextTest, CutsWhatIsTooLong) {
  EXPECT_EQ(cut_to("kitchen", 7), "kitchen");
  EXPECT_EQ(cut_to("kitchen", 5), "kitc…");
  EXPECT_EQ(cut_to("µµµµ", 3), "µµ…");
}

TEST(ScreenTextTest, WrapsBetweenWordsAndIndents) {
  EXPECT_EQ(wrapped("one two three four", 12, "! ", "  "), "! one two\n  three four\n");
  EXPECT_EQ(wrapped("", 12), "\n");
  EXPECT_EQ(wrapped("a-word-that-is-longer it", 8), "a-word-that-is-longer\nit\n");
}

TEST(ScreenTextTest, KeepsANumberAndItsUnitOnALine) {
  EXPECT_EQ(wrapped("took 22.34 ms, lost 5 % of it", 13), "took\n22.34 ms,\nlost 5 % of\nit\n");
  EXPECT_EQ(wrapped("item 3 s", 6), "item\n3 s\n");
  EXPECT_EQ(wrapped("MSS 1448 is it", 8), "MSS 1448\nis it\n");
}

TEST(ScreenTextTest, KeepsTheWidthInAscii) {
  const std::string text = "13.4 µs ±0 % 1501–2801 a → b …";
  EXPECT_EQ(in_ascii(text), "13.4 us ~0 % 1501-2801 a > b ~");
  EXPECT_EQ(columns_of(in_ascii("語")), 1U);
}

TEST(ScreenTextTest, LeavesOutColumnsThatDoNotFit) {
  const std::vector<ScreenColumn> table{
      {.title = "packets", .cells = {"1", "2"}},
      {.title = "bytes", .gives_way = 1, .cells = {"1", "1501–2801"}},
      {.title = "time", .gives_way = 2, .group = "added to it", .cells = {"", "+2.1 µs"}},
      {.title = "share", .group = "added to it", .cells = {"", "+16 %"}}};
  EXPECT_EQ(screen_table(table, 80),
            "                         added to it\n"
            "  packets      bytes     time  share\n"
            "  1                1\n"
            "  2        1501–2801  +2.1 µs  +16 %\n");
  EXPECT_EQ(screen_table(table, 30),
            "                added to it\n"
            "  packets      bytes  share\n"
            "  1                1\n"
            "  2        1501–2801  +16 %\n");
  EXPECT_EQ(screen_table(table, 5),
            "     added to it\n"
            "  packets  share\n"
            "  1\n"
            "  2        +16 %\n");
}

// A file may have 46 000 classes. Ten times as many rows take ten times as long, not a hundred
// times.
TEST(ScreenTextTest, TakesTimeInProportionToTheRows) {
  const auto time_of = [](std::size_t rows) {
    auto least = std::chrono::steady_clock::duration::max();
    for (int i = 0; i < 3; ++i) {
      std::vector<ScreenColumn> table(3);
      for (ScreenColumn& column : table) {
        column.cells.assign(rows, "1501–2801");
      }
      const auto start = std::chrono::steady_clock::now();
      EXPECT_FALSE(screen_table(std::move(table), 80).empty());
      least = std::min(least, std::chrono::steady_clock::now() - start);
    }
    return least;
  };
  EXPECT_LT(time_of(5000), 40 * time_of(500));
}

TEST(ScreenTextTest, FindsTheNearestWord) {
  EXPECT_EQ(nearest_word("reprot", {"repair", "report"}), "report");
  EXPECT_EQ(nearest_word("hist", {"report", "history"}), "history");
  EXPECT_EQ(nearest_word("zzz", {"report", "ab"}), "");
}

}  // namespace
}  // namespace tcpstep
