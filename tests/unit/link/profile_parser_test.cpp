#include "lib/link/profile_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "lib/link/profile_catalog.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

std::string error_of(const std::string& text) {
  try {
    static_cast<void>(parse_profile(text, "x", "x.profile"));
  } catch (const UsageError& error) {
    return error.what();
  }
  return "no error";
}

TEST(ProfileParserTest, ReadsEveryBuiltInProfile) {
  ASSERT_EQ(built_in_profiles().size(), 6U);
  for (const BuiltInProfile& profile : built_in_profiles()) {
    EXPECT_FALSE(load_profile(std::string(profile.name)).note.empty()) << profile.name;
  }
  const Profile adsl = load_profile("adsl");
  EXPECT_EQ(adsl.seed.second, 15);
  EXPECT_EQ(adsl[Direction::Down].serialiser.bits_per_second, 12'000'000U);
  EXPECT_EQ(adsl[Direction::Up].serialiser.bits_per_second, 820'000U);
  EXPECT_EQ(adsl[Direction::Up].delay.constant, 9900us);
}

TEST(ProfileParserTest, AppliesASectionToItsDirection) {
  const Profile profile =
      parse_profile("[down]\ndelay = 1ms\r\n[up]\n delay=2ms\nloss = 0.05%", "x", "x.profile");
  EXPECT_EQ(profile[Direction::Down].delay.constant, 1ms);
  EXPECT_EQ(profile[Direction::Up].delay.constant, 2ms);
  EXPECT_EQ(profile[Direction::Up].loss_ppm, 500U);
}

TEST(ProfileParserTest, NamesFileLineAndKey) {
  EXPECT_EQ(error_of("# a comment\n\n[down]\ndelya = 1ms"), "x.profile:4: unknown key 'delya'");
  EXPECT_THAT(error_of("[both]\nrate = -3Mbit/s"),
              testing::StartsWith("x.profile:2: rate: invalid number ''"));
  EXPECT_THAT(error_of("[both]\ndelay = 5"),
              testing::StartsWith("x.profile:2: delay: invalid duration '5'"));
  EXPECT_EQ(error_of("[both]\nslot = 0"),
            "x.profile:2: slot: invalid duration '0': expected 0.001 µs to 60.00 s");
  EXPECT_EQ(error_of("[both]\nrate = 10GB/s"), "x.profile:2: rate: '10GB/s' is no rate");
  EXPECT_EQ(error_of("[both]\nrate = 80Gbit/s"),
            "x.profile:2: rate: 80Gbit/s is not from 1bit/s to 10Gbit/s");
  EXPECT_EQ(error_of("[both]\noverhead = 40"), "x.profile:2: overhead: '40' is no number of bytes");
  EXPECT_THAT(error_of("[both]\nloss = 60%"),
              testing::StartsWith("x.profile:2: loss: invalid number '60'"));
  EXPECT_EQ(error_of("[sideways]"), "x.profile:1: unknown section '[sideways]'");
  EXPECT_EQ(error_of("delay = 1ms"), "x.profile:1: unknown key 'delay'");
  EXPECT_EQ(error_of("[both]\ndelay = 1ms\n[up]\ndelay = 2ms"),
            "x.profile:4: delay was given before");
  EXPECT_EQ(error_of(std::string(3, '\0')),
            "x.profile:1: '\\x00\\x00\\x00' is neither 'key = value' nor a section");
}

TEST(ProfileParserTest, RefusesKeysThatMeanNothingTogether) {
  EXPECT_EQ(error_of("[both]\naggregate = 4"), "x.profile: aggregate of [down] needs access");
  EXPECT_EQ(error_of("[up]\nslot = 1ms\nrate = 1Mbit/s"), "x.profile: slot of [up] excludes rate");
  EXPECT_EQ(error_of("[up]\nslot = 1ms\nslot_bytes = 20B\noverhead = 20B"),
            "x.profile: overhead of [up] leaves nothing of slot_bytes");
}

TEST(ProfileCatalogTest, SaysWhichProfilesThereAre) {
  try {
    static_cast<void>(load_profile("dsl"));
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_STREQ(error.what(), "there is no profile 'dsl'");
    EXPECT_EQ(
        error.hint(),
        "Profiles are lan, wifi, adsl, adsl-far, 3g, edge; a file of yours ends in .profile.");
  }
  EXPECT_THROW(static_cast<void>(load_profile("/nowhere/x.profile")), UsageError);
}

}  // namespace
}  // namespace tcpstep
