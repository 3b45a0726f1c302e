#include "lib/cli/help_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/base/screen_text.h"

namespace tcpstep {
namespace {

HelpPage page() {
  return {.usage = "prog [options] FILE",
          .about = "Does what its name says.",
          .examples = "Examples\n  prog --port 7 x\n",
          .options = {{.name = "port",
                       .letter = "p",
                       .value_name = "PORT",
                       .meaning = "TCP port",
                       .words = {},
                       .default_value = "19901",
                       .group = "Place"},
                      {.name = "order",
                       .letter = {},
                       .value_name = "WORD",
                       .meaning = "of sizes",
                       .words = {"up", "down"},
                       .group = "Sweep"},
                      {.name = "format",
                       .letter = {},
                       .value_name = "WORD",
                       .meaning = "for another program",
                       .words = {"openmetrics", "github-action-benchmark"},
                       .group = "Sweep"},
                      {.name = "quiet",
                       .letter = "q",
                       .value_name = {},
                       .meaning = "say nothing",
                       .words = {},
                       .group = "Sweep"}},
          .essentials = {"quiet", "port"}};
}

TEST(HelpPageTest, AlignsAllGroupsAndNamesChoicesAndDefaults) {
  EXPECT_EQ(render_help(page(), HelpExtent::All, 80),
            "Usage: prog [options] FILE\n"
            "Does what its name says.\n"
            "\nPlace\n"
            "  -p, --port PORT      TCP port [19901]\n"
            "\nSweep\n"
            "      --order up|down  of sizes\n"
            "      --format openmetrics|github-action-benchmark\n"
            "                       for another program\n"
            "  -q, --quiet          say nothing\n"
            "\nExamples\n  prog --port 7 x\n");
}

TEST(HelpPageTest, HasTheEssentialsInTheirOrderWithoutGroups) {
  EXPECT_EQ(render_help(page(), HelpExtent::Essentials, 80),
            "Usage: prog [options] FILE\n"
            "Does what its name says.\n"
            "\n"
            "  -q, --quiet      say nothing\n"
            "  -p, --port PORT  TCP port [19901]\n"
            "      --help=all   all 4 options\n"
            "\nExamples\n  prog --port 7 x\n");
}

TEST(HelpPageTest, WithoutEssentialsHasAllOptions) {
  HelpPage all = page();
  all.essentials.clear();
  EXPECT_EQ(render_help(all, HelpExtent::Essentials, 80), render_help(all, HelpExtent::All, 80));
}

TEST(HelpPageTest, PutsDescriptionsBelowTheNamesOnANarrowTerminal) {
  const std::string text = render_help(page(), HelpExtent::All, 40);
  EXPECT_THAT(text, testing::HasSubstr("  -p, --port PORT\n        TCP port [19901]\n"));
}

TEST(HelpPageTest, BreaksLongChoicesAndExamplesWhereAShellDoes) {
  HelpPage narrow = page();
  narrow.examples = "Examples\n  prog --port 7 --format 'one word' x.csv  all of it\n";
  const std::string text = render_help(narrow, HelpExtent::All, 30);
  EXPECT_THAT(text, testing::HasSubstr("      --format openmetrics|\n"
                                       "        github-action-benchmark\n"
                                       "        for another program\n"));
  EXPECT_THAT(text, testing::EndsWith("  prog --port 7 --format \\\n"
                                      "      'one word' x.csv\n"
                                      "        all of it\n"));
}

TEST(HelpPageTest, FitsPagesOfWholeLines) {
  const std::string page =
      "Usage: prog COMMAND [options]\n"
      "Does what its name says, and\n"
      "no more.\n\n"
      "Look\n"
      "  show FILE  one run: hosts and settings\n";
  EXPECT_EQ(fitted_page(page, 80), page);
  EXPECT_EQ(fitted_page(page, 26),
            "Usage: prog COMMAND\n"
            "       [options]\n"
            "Does what its name says,\n"
            "and no more.\n\n"
            "Look\n"
            "  show FILE  one run:\n"
            "             hosts and\n"
            "             settings\n");
}

TEST(HelpPageTest, AsATableHasAllThatIsDeclared) {
  EXPECT_EQ(render_help(page(), HelpExtent::Table, 80),
            "port\tp\tPORT\t19901\tTCP port\tPlace\n"
            "order\t\tup|down\t\tof sizes\tSweep\n"
            "format\t\topenmetrics|github-action-benchmark\t\tfor another program\tSweep\n"
            "quiet\tq\t\t\tsay nothing\tSweep\n");
}

}  // namespace
}  // namespace tcpstep
