#include "lib/base/warning_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace tcpstep {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string name_itself(std::string_view name) {
  return "<" + std::string(name) + ">";
}

TEST(WarningTableTest, EachKeyIsThereOnceWithATextAndARemedy) {
  std::set<std::string_view> keys;
  for (const WarningRow& row : warning_table()) {
    EXPECT_TRUE(keys.insert(row.key).second) << row.key;
    EXPECT_THAT(std::string(row.key), testing::MatchesRegex("[a-z0-9_]+"));
    EXPECT_TRUE(row.text.ends_with('.')) << row.text;
    EXPECT_FALSE(row.remedy.empty()) << row.key;
    EXPECT_FALSE(row.now.ends_with('.')) << row.now;
  }
}

TEST(WarningTableTest, PutsFactsInPlaceOfTheirNames) {
  for (const WarningRow& row : warning_table()) {
    const Warning warning = warning_of_run(row.key, name_itself);
    EXPECT_EQ(warning.key, row.key);
    for (const std::string& text : {warning.text, warning.remedy}) {
      EXPECT_THAT(text, Not(HasSubstr("{")));
      EXPECT_THAT(text, Not(HasSubstr("}")));
    }
  }
  const Warning governor = warning_of_run("governor", name_itself);
  EXPECT_EQ(governor.text, "The frequency governor was <governor>.");
  const Warning now = warning_now("governor", {{"governor", "powersave"}});
  EXPECT_EQ(now.text, "the frequency governor is powersave");
  EXPECT_EQ(now.remedy, governor.remedy);
  EXPECT_EQ(warning_now("governor", {{"governor", ""}}).text, "the frequency governor is unknown");
}

TEST(WarningTableTest, CausesHaveTheKeyThatFilesHave) {
  for (const WarningRow& row : warning_table()) {
    EXPECT_TRUE(row.cause_of.empty() || find_row(row.cause_of) != nullptr) << row.key;
  }
  const Warning cause = warning_now(
      "congestion_not_offered",
      {{"requested_congestion_control", "bbr"}, {"effective_congestion_control", "cubic"}});
  EXPECT_EQ(cause.key, "other_congestion_control");
  EXPECT_EQ(cause.text, "This kernel does not offer congestion control bbr: the run used cubic.");
  EXPECT_EQ(cause.remedy, "To load it: modprobe tcp_bbr");
}

TEST(WarningTableTest, NamesAKeyThatItDoesNotKnowAndPutsItLast) {
  const Warning warning = warning_of_run("of_another\x1bversion", name_itself);
  EXPECT_THAT(warning.text, HasSubstr("does not know"));
  EXPECT_THAT(warning.text, Not(HasSubstr("\x1b")));
  EXPECT_FALSE(warning.remedy.empty());
  std::vector<Warning> warnings{warning, warning_of_run("virtual_machine", name_itself),
                                warning_of_run(kSegmentsMerged, name_itself)};
  sort_by_rank(warnings);
  EXPECT_EQ(warnings[0].key, kSegmentsMerged);
  EXPECT_EQ(warnings[2].key, warning.key);
}

}  // namespace
}  // namespace tcpstep
