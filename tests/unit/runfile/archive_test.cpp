// Archives that are whole, cut, or damaged.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "lib/runfile/zstd_frames.h"

namespace tcpstep {
namespace {

using namespace std::string_literals;

// Two frames with checksums and one that is skipped: "ab" in a raw block, five times "c" in a
// block of one repeated byte, both with the size of their contents in one byte.
const std::string kFrames =
    "\x28\xB5\x2F\xFD\x24\x02\x11\x00\x00"
    "ab"
    "SUMS"
    "\x50\x2A\x4D\x18\x03\x00\x00\x00"
    "xyz"
    "\x28\xB5\x2F\xFD\x24\x05\x2A\x00\x00"
    "c"
    "\x01\x00\x00"
    "SUMS"s;

TEST(ZstdFramesTest, KnowWhereAFrameEnds) {
  const std::set<std::size_t> ends{0, 15, 26, kFrames.size()};
  for (const std::size_t step : {std::size_t{1}, std::size_t{3}, kFrames.size()}) {
    for (std::size_t cut = 0; cut <= kFrames.size(); ++cut) {
      ZstdFrames frames;
      for (std::size_t at = 0; at < cut; at += step) {
        frames.add({kFrames.data() + at, std::min(step, cut - at)});
      }
      EXPECT_EQ(frames.is_between_frames(), ends.contains(cut)) << cut;
    }
  }
}

TEST(ZstdFramesTest, LeaveNonsenseToTheDecompressor) {
  ZstdFrames frames;
  frames.add({"nonsense", 8});
  EXPECT_FALSE(frames.is_between_frames());
}

}  // namespace
}  // namespace tcpstep
