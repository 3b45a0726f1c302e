#include "lib/link/netem.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "lib/link/profile_catalog.h"

namespace tcpstep {
namespace {

std::string options_of(const std::string& profile, Direction direction) {
  const auto netem = netem_equivalent(load_profile(profile));
  return fmt::format("{}", fmt::join(netem.options[static_cast<std::size_t>(direction)], " "));
}

TEST(NetemTest, IsExactOnAdsl) {
  EXPECT_EQ(options_of("adsl", Direction::Down), "delay 9900.000us rate 12000000bit 26 48 5");
  EXPECT_EQ(options_of("adsl", Direction::Up), "delay 9900.000us rate 820000bit 26 48 5");
  EXPECT_TRUE(netem_equivalent(load_profile("adsl")).limits.empty());
}

TEST(NetemTest, MakesATimeGridATimeForEachPacket) {
  EXPECT_THAT(options_of("3g", Direction::Up), testing::EndsWith("rate 1280000bit 0 1600 0"));
}

TEST(NetemTest, SaysWhatItCannotExpress) {
  EXPECT_THAT(netem_equivalent(load_profile("wifi")).limits,
              testing::ElementsAre(testing::HasSubstr("shared medium")));
}

}  // namespace
}  // namespace tcpstep
