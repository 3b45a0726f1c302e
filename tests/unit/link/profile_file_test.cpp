#include "lib/link/profile_file.h"

#include <gtest/gtest.h>

#include <string>

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

TEST(ProfileFileTest, ReadsEveryBuiltInProfile) {
  ASSERT_EQ(built_in_profiles().size(), 6U);
  for (const BuiltInProfile& profile : built_in_profiles()) {
    EXPECT_FALSE(load_profile(std::string(profile.name)).note.empty()) << profile.name;
  }
  const Profile adsl = load_profile("adsl");
  EXPECT_EQ(adsl[Direction::Down].serializer.bits_per_second, 12'000'000U);
  EXPECT_EQ(adsl[Direction::Up].serializer.bits_per_second, 820'000U);
  EXPECT_EQ(adsl[Direction::Up].delay.constant, 9900us);
}

TEST(ProfileFileTest, AppliesASectionToItsDirection) {
  const Profile profile =
      parse_profile("[down]\ndelay = 1ms\r\n[up]\n delay=2ms\nloss = 0.05%", "x", "x.profile");
  EXPECT_EQ(profile[Direction::Down].delay.constant, 1ms);
  EXPECT_EQ(profile[Direction::Up].delay.constant, 2ms);
  EXPECT_EQ(profile[Direction::Up].loss_ppm, 500U);
}

TEST(ProfileFileTest, NamesFileLineAndKey) {
  EXPECT_EQ(error_of("# a comment\n\n[down]\ndelya = 1ms"), "x.profile:4: unknown key 'delya'");
  EXPECT_EQ(error_of("[both]\nrate = -3Mbit/s"),
            "x.profile:2: rate: invalid rate '-3Mbit/s': expected 1bit/s to 10Gbit/s");
  EXPECT_EQ(error_of("[both]\ndelay = 5"),
            "x.profile:2: delay: invalid time '5': expected 1ns to 60s");
  EXPECT_EQ(error_of("[both]\nslot = 0s"),
            "x.profile:2: slot: invalid time '0s': expected 1ns to 60s");
  EXPECT_EQ(error_of("[both]\nrate = 10GB/s"),
            "x.profile:2: rate: invalid rate '10GB/s': expected 1bit/s to 10Gbit/s");
  EXPECT_EQ(error_of("[both]\nrate = 80Gbit/s"),
            "x.profile:2: rate: invalid rate '80Gbit/s': expected 1bit/s to 10Gbit/s");
  EXPECT_EQ(error_of("[both]\noverhead = 40"),
            "x.profile:2: overhead: invalid number of bytes '40': expected 1B to 65535B");
  EXPECT_EQ(error_of("[both]\nloss = 60%"),
            "x.profile:2: loss: invalid percentage '60%': expected 0.0001% to 50%");
  EXPECT_EQ(error_of("mtu = 100B"),
            "x.profile:1: mtu: invalid number of bytes '100B': expected 200B to 9000B");
  EXPECT_EQ(error_of("[sideways]"), "x.profile:1: unknown section '[sideways]'");
  EXPECT_EQ(error_of("delay = 1ms"), "x.profile:1: unknown key 'delay'");
  EXPECT_EQ(error_of("[both]\ndelay = 1ms\n[up]\ndelay = 2ms"),
            "x.profile:4: duplicate key 'delay'");
  EXPECT_EQ(error_of(std::string(3, '\0')),
            "x.profile:1: expected 'key = value' or a section, not '\\x00\\x00\\x00'");
}

TEST(ProfileFileTest, RejectsKeysWithoutEffect) {
  EXPECT_EQ(error_of("[both]\naggregate = 4"),
            "x.profile:2: aggregate has no effect without access in [down]");
  EXPECT_EQ(error_of("[up]\nslot = 1ms\nrate = 1Mbit/s"),
            "x.profile:3: slot and rate cannot be used together in [up]");
  EXPECT_EQ(error_of("[up]\nslot = 1ms\nslot_bytes = 20B\noverhead = 20B"),
            "x.profile:4: overhead leaves no room in slot_bytes in [up]");
  EXPECT_EQ(error_of("[up]\ndelay = 1ms\noverhead = 20B"),
            "x.profile:3: overhead has no effect without rate or slot_bytes in [up]");
  EXPECT_EQ(error_of("[up]\nhops = 2"),
            "x.profile:2: hops has no effect without rate or per_packet in [up]");
  EXPECT_EQ(error_of("[down]\nqueue = 2"),
            "x.profile:2: queue has no effect without rate or per_packet or slot or access in "
            "[down]");
  EXPECT_EQ(error_of("[down]\nsetup = 1ms\nrelease = 2ms"),
            "x.profile:3: release needs open in [down]");
}

TEST(ProfileFileTest, NamesTheBuiltInProfiles) {
  try {
    static_cast<void>(load_profile("dsl"));
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_STREQ(error.what(), "unknown profile 'dsl'");
    EXPECT_EQ(
        error.hint(),
        "Profiles are lan, wifi, adsl, adsl-far, 3g, edge; your own file must end in .profile.");
  }
  EXPECT_THROW(static_cast<void>(load_profile("/nowhere/x.profile")), UsageError);
}

}  // namespace
}  // namespace tcpstep
