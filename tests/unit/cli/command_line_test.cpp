#include "lib/cli/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "lib/base/file.h"
#include "lib/base/parse.h"

namespace tcpstep {
namespace {

using testing::HasSubstr;

std::optional<OptionValues> parse(std::vector<const char*> arguments) {
  CommandLine line("prog [options] FILE", "Does.", "");
  line.positional("FILE", 0, 1);
  line.group("Options");
  line.value("port,p", "PORT", "19901", "a port");
  line.value("link", "NAME", "a link");
  line.flag("one-off,1", "a flag");
  arguments.insert(arguments.begin(), "prog");
  return line.parse(static_cast<int>(arguments.size()), arguments.data());
}

std::string hint_of(std::vector<const char*> arguments) {
  try {
    static_cast<void>(parse(std::move(arguments)));
  } catch (const UsageError& error) {
    return std::string(error.what()) + " | " + error.hint();
  }
  return "no error";
}

TEST(CommandLineTest, UsesDefaultsForOptionsNotGiven) {
  const auto values = parse({});
  EXPECT_EQ(values->get("port", parse_port), 19901);
  EXPECT_FALSE(values->has("link"));
  EXPECT_FALSE(values->is_set("one-off"));
}

TEST(CommandLineTest, RefusesAbbreviationsAndSuggestsTheWholeOption) {
  EXPECT_THAT(hint_of({"--po", "7"}), HasSubstr("Did you mean --port?"));
  EXPECT_THAT(hint_of({"--prot", "7"}), HasSubstr("Did you mean --port?"));
  EXPECT_THAT(hint_of({"--zzz"}), HasSubstr("unknown option '--zzz'"));
}

TEST(CommandLineTest, NamesTheOptionOfABadValue) {
  EXPECT_THAT(hint_of({"--port"}), HasSubstr("--port"));
  try {
    static_cast<void>(parse({"--port", "65536"})->get("port", parse_port));
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(), HasSubstr("--port: invalid number '65536'"));
  }
}

std::string output_of(const char* value) {
  try {
    return parse({"--link", value})->output_path("link");
  } catch (const UsageError& error) {
    return error.what();
  }
}

TEST(CommandLineTest, RefusesNamesThatAnOutputCannotHave) {
  EXPECT_EQ(output_of("run.csv"), "run.csv");
  EXPECT_EQ(output_of("-"), "-");
  EXPECT_EQ(output_of("run.csv.gz"), "--link: cannot write the compressed file 'run.csv.gz'");
  EXPECT_EQ(output_of("run.zst"), "--link: cannot write the compressed file 'run.zst'");
  EXPECT_EQ(output_of("no/such/folder/"), "--link: no folder 'no/such/folder/'");
}

TEST(CommandLineTest, RefusesARepeatedOptionAndASecondArgument) {
  EXPECT_THAT(hint_of({"--port", "1", "--port", "2"}), HasSubstr("more than once"));
  EXPECT_THAT(hint_of({"a", "b"}), HasSubstr("unexpected argument 'b'"));
}

class WithEnvironment : public testing::Test {
 protected:
  ~WithEnvironment() override { ::unsetenv("TCPSTEP_PORT"); }
};

TEST_F(WithEnvironment, WinsOverTheFileAndLosesToTheCommandLine) {
  const TemporaryFolder folder;
  const std::string file = folder.path() / "tcpstep.conf";
  std::ofstream(file) << "port=1\nlink=from_file\none-off=true\n";
  const std::string config = "--config=" + file;
  EXPECT_EQ(parse({config.c_str()})->text("port"), "1");
  EXPECT_TRUE(parse({config.c_str()})->is_set("one-off"));
  ::setenv("TCPSTEP_PORT", "2", 1);
  const auto values = parse({config.c_str()});
  EXPECT_EQ(values->text("port"), "2");
  EXPECT_EQ(values->text("link"), "from_file");
  EXPECT_EQ(parse({config.c_str(), "--port", "3"})->text("port"), "3");
}

TEST(CommandLineTest, RefusesAConfigFileThatIsNotThereOrHoldsSomethingElse) {
  EXPECT_THAT(hint_of({"--config=/nowhere"}), HasSubstr("/nowhere"));
  const TemporaryFolder folder;
  const std::string file = folder.path() / "tcpstep.conf";
  std::ofstream(file) << "prot=1\n";
  const std::string config = "--config=" + file;
  EXPECT_THAT(hint_of({config.c_str()}), HasSubstr("prot"));
}

}  // namespace
}  // namespace tcpstep
