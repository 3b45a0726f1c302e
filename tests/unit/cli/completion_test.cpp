#include "lib/cli/completion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace tcpstep {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

const std::array kOptions{
    Option{.name = "port", .letter = "p", .value_name = "PORT", .meaning = "TCP port", .words = {}},
    Option{.name = "format",
           .letter = "",
           .value_name = "WORD",
           .meaning = "text or json",
           .words = {"text", "json"}},
    Option{.name = "output", .letter = "o", .value_name = "FILE", .meaning = "there", .words = {}},
    Option{.name = "results", .letter = "", .value_name = "DIR", .meaning = "there", .words = {}},
    Option{
        .name = "quiet", .letter = "q", .value_name = "", .meaning = "errors only", .words = {}}};
const CompletedArguments kHost{
    .option = {.name = {}, .letter = {}, .value_name = "HOST", .meaning = {}, .words = {}},
    .at_most = 1};
const CompletedArguments kProfiles{.option = {.name = {},
                                              .letter = {},
                                              .value_name = "PROFILE -- COMMAND",
                                              .meaning = {},
                                              .words = {"adsl", "edge"}},
                                   .at_most = 100};
const CompletedArguments kNone;

std::string complete(const CompletedArguments& arguments, std::vector<std::string_view> words) {
  return completions(kOptions, arguments, words);
}

TEST(CompletionTest, OffersOptionsWithTheirMeaning) {
  EXPECT_EQ(complete(kHost, {"--p"}), "--port\tTCP port\n");
  EXPECT_EQ(complete(kHost, {"--quiet", "--re"}), "--results\tthere\n");
  EXPECT_THAT(complete(kHost, {"-"}), HasSubstr("--format\ttext or json\n--output\tthere\n"));
  EXPECT_THAT(complete(kHost, {"--nothing"}), IsEmpty());
}

TEST(CompletionTest, OffersTheWordsOfAValueHoweverTheShellCutsThem) {
  EXPECT_EQ(complete(kHost, {"--format", ""}), "text\njson\n");
  EXPECT_EQ(complete(kHost, {"--format", "j"}), "json\n");
  EXPECT_EQ(complete(kHost, {"--format=t"}), "text\n");
  EXPECT_EQ(complete(kHost, {"--format", "="}), "text\njson\n");
  EXPECT_EQ(complete(kHost, {"--format", "=", "t"}), "text\n");
}

TEST(CompletionTest, LeavesNamesToTheShell) {
  EXPECT_EQ(complete(kHost, {"-o", "a"}), ":file\n");
  EXPECT_EQ(complete(kHost, {"--results=a"}), ":folder\n");
  EXPECT_EQ(complete(kHost, {"-p", "7000", "a"}), ":host\n");
  EXPECT_THAT(complete(kHost, {"--port", ""}), IsEmpty());
}

TEST(CompletionTest, OffersArgumentsUntilThereAreEnough) {
  EXPECT_EQ(complete(kProfiles, {"-q", "ad"}), "adsl\n:file\n");
  EXPECT_EQ(complete(kProfiles, {"adsl", "--", "a"}), ":file\n");
  EXPECT_THAT(complete(kHost, {"there", "x"}), IsEmpty());
  EXPECT_THAT(complete(kNone, {""}), HasSubstr("--quiet\terrors only\n"));
}

TEST(CompletionTest, OffersCommandsThatBeginSo) {
  const std::vector<std::string> commands{"report", "repair", "plot"};
  EXPECT_EQ(completions(commands, "rep"), "report\nrepair\n");
  EXPECT_EQ(completions(commands, ""), "report\nrepair\nplot\n");
}

}  // namespace
}  // namespace tcpstep
