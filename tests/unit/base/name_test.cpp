#include <gtest/gtest.h>

#include "lib/base/text.h"

namespace tcpstep {
namespace {

TEST(NameTest, TakesWhatFileNamesAndPlotsCanCarry) {
  EXPECT_TRUE(is_valid_name("veth"));
  EXPECT_TRUE(is_valid_name("3g"));
  EXPECT_TRUE(is_valid_name("pixel-7_balcony.v2+usb"));
  EXPECT_TRUE(is_valid_name(std::string(64, 'a')));
}

TEST(NameTest, RefusesPathsScriptsAndTerminalEscapes) {
  for (const std::string_view name :
       {"", "../x", "a/b", "a b", "`id`", "a'b", "a\"b", "\x1b[2J", "a\n", "köln", "a,b", "#"}) {
    EXPECT_FALSE(is_valid_name(name)) << name;
  }
  EXPECT_FALSE(is_valid_name(std::string(65, 'a')));
  EXPECT_FALSE(is_valid_name(std::string_view("a\0b", 3)));
}

}  // namespace
}  // namespace tcpstep
