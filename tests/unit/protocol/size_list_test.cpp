#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <type_traits>

#include "lib/base/error.h"
#include "lib/protocol/sweep_spec.h"

namespace tcpstep {
namespace {

static_assert(!std::is_convertible_v<Mss, PayloadSize>);
static_assert(!std::is_convertible_v<PayloadSize, Mss>);
static_assert(!std::is_convertible_v<int, PayloadSize>);

TEST(SegmentsNeededTest, CountsTheFirstByteBeyondABoundary) {
  constexpr Mss kMss(1448);
  EXPECT_EQ(segments_needed(PayloadSize(1), kMss), 1U);
  EXPECT_EQ(segments_needed(PayloadSize(1448), kMss), 1U);
  EXPECT_EQ(segments_needed(PayloadSize(1449), kMss), 2U);
  EXPECT_EQ(segments_needed(PayloadSize(9901), kMss), 7U);
}

std::vector<std::uint32_t> bytes_of(const SizeList& list, std::optional<Mss> mss) {
  const auto sizes = list.resolve(mss);
  std::vector<std::uint32_t> bytes;
  for (const PayloadSize size : sizes.value()) {
    bytes.push_back(size.bytes());
  }
  return bytes;
}

TEST(SizeListTest, PutsSizesAroundEveryBoundaryUpToTheLargestSize) {
  const SizeList list{.fixed = {PayloadSize(1), PayloadSize(3000)}, .has_boundaries = true};
  EXPECT_THAT(bytes_of(list, Mss(1448)),
              testing::ElementsAre(1, 1447, 1448, 1449, 1450, 2895, 2896, 2897, 2898, 3000));
}

TEST(SizeListTest, MeasuresBoundariesAloneAgainstOneByteUpToTheLargestSizeOf2014) {
  const SizeList list{.fixed = {}, .has_boundaries = true};
  const auto bytes = bytes_of(list, Mss(1448));
  EXPECT_EQ(bytes.front(), 1U);
  EXPECT_EQ(bytes.back(), 8690U);  // 6 * 1448 + 2
  EXPECT_EQ(bytes.size(), 25U);
}

TEST(SizeListTest, MeasuresBoundariesBesideSizesThatLieBeforeTheFirst) {
  const SizeList list{.fixed = {PayloadSize(1), PayloadSize(100)}, .has_boundaries = true};
  EXPECT_EQ(bytes_of(list, Mss(1448)).size(), 26U);
}

TEST(SizeListTest, FindsNoBoundaryOnLoopbackOrWithoutAnMss) {
  const SizeList list{.fixed = {}, .has_boundaries = true};
  EXPECT_THAT(bytes_of(list, Mss(32741)), testing::ElementsAre(1));
  EXPECT_THAT(bytes_of(list, std::nullopt), testing::ElementsAre(1));
}

TEST(SizeListTest, NeverHasMoreThanItSays) {
  for (const char* text :
       {"1", "1:9901:100", "boundaries", "1,1000,boundaries", "20000,boundaries"}) {
    const SizeList list = parse_sizes(text);
    for (const std::uint32_t mss : {48U, 100U, 536U, 1448U}) {
      EXPECT_LE(list.resolve(Mss(mss))->size(), list.most()) << text << " " << mss;
    }
  }
  EXPECT_EQ(parse_sizes("1:9901:100").most(), 100U);
}

TEST(SizeListTest, RefusesBoundariesThatWouldNeedTooMuch) {
  const SizeList list{.fixed = {PayloadSize(PayloadSize::kLargest)}, .has_boundaries = true};
  EXPECT_FALSE(list.resolve(Mss(1)));
  EXPECT_FALSE(list.resolve(Mss(1448)));
  EXPECT_TRUE(list.resolve(Mss(9000)));
}

TEST(ParseSizesTest, ReadsTheSweepOf2014) {
  const auto sizes = parse_sizes("1:9901:100").fixed;
  ASSERT_EQ(sizes.size(), 100U);
  EXPECT_EQ(sizes.front(), PayloadSize(1));
  EXPECT_EQ(sizes[1], PayloadSize(101));
  EXPECT_EQ(sizes.back(), PayloadSize(9901));
}

TEST(ParseSizesTest, EndsARangeBeforeItWouldPassItsLastSize) {
  EXPECT_EQ(parse_sizes("1:10:4").fixed,
            (std::vector{PayloadSize(1), PayloadSize(5), PayloadSize(9)}));
}

TEST(ParseSizesTest, SortsAListAndDropsDuplicates) {
  EXPECT_EQ(parse_sizes("1448,1,100,1:3:2,1").fixed,
            (std::vector{PayloadSize(1), PayloadSize(3), PayloadSize(100), PayloadSize(1448)}));
}

TEST(ParseSizesTest, TakesUnits) {
  EXPECT_EQ(
      parse_sizes("1,1k,64KiB,1MiB").fixed,
      (std::vector{PayloadSize(1), PayloadSize(1000), PayloadSize(65536), PayloadSize(1048576)}));
  EXPECT_EQ(parse_sizes("1k:3k:1k").fixed,
            (std::vector{PayloadSize(1000), PayloadSize(2000), PayloadSize(3000)}));
  for (const char* text : {"1K", "1kB", "k", "2MiB", "4294967295MiB", "1KiBs"}) {
    EXPECT_THROW(static_cast<void>(parse_sizes(text)), UsageError) << text;
  }
}

TEST(ParseSizesTest, KeepsBoundariesForWhenTheMssIsKnown) {
  EXPECT_TRUE(parse_sizes("boundaries").has_boundaries);
  EXPECT_TRUE(parse_sizes("1,boundaries,20000").has_boundaries);
  EXPECT_FALSE(parse_sizes("1").has_boundaries);
}

class BadSizes : public testing::TestWithParam<const char*> {};

TEST_P(BadSizes, AreAUsageErrorThatNamesThem) {
  try {
    static_cast<void>(parse_sizes(GetParam()));
    FAIL() << "took " << GetParam();
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr(std::string("'") + GetParam() + "'"));
    EXPECT_THAT(error.hint(), testing::HasSubstr("1:9901:100"));
  }
}

INSTANTIATE_TEST_SUITE_P(All, BadSizes,
                         testing::Values("0", "5:1:1", "1:9901:0", "1:2:3:4", "1:2", "1e3", "",
                                         "1,", ",1", "-1", "+1", " 1", "1 ", "0x10", "1.5",
                                         "1048577", "4294967297", "99999999999999999999",
                                         "1:1048576:1", "boundary", "boundaries:2"));

}  // namespace
}  // namespace tcpstep
