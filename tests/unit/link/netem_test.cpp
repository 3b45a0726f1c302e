#include "lib/link/netem.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>

#include "lib/link/profile_file.h"

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

std::string options_of_text(const std::string& text) {
  const auto netem = netem_equivalent(parse_profile(text, "x", "x.profile"));
  return fmt::format("{}", fmt::join(netem.options[0], " "));
}

TEST(NetemTest, CountsLossOnceAndNeverAsDelay) {
  const std::string link = "[both]\ndelay = 1ms\nrate = 100Mbit/s\n";
  EXPECT_EQ(options_of_text(link), "delay 1000.000us rate 100000000bit -14 0 0");
  EXPECT_EQ(options_of_text(link + "loss = 10%"),
            "delay 1000.000us loss 10.0000% rate 100000000bit -14 0 0");
  EXPECT_EQ(options_of_text(link + "jitter = 2ms\nloss = 2%"),
            "delay 2000.000us 1000.000us loss 2.0000% rate 100000000bit -14 0 0");
}

TEST(NetemTest, SaysWhatItCannotExpress) {
  EXPECT_THAT(netem_equivalent(load_profile("wifi")).limits,
              testing::ElementsAre(testing::HasSubstr("shared medium")));
}

}  // namespace
}  // namespace tcpstep
