#include "mesh/hosts.h"

#include <gtest/gtest.h>

#include "lib/base/error.h"
#include "mesh/launch.h"

namespace tcpstep {
namespace {

using Hosts = std::vector<MeshHost>;

TEST(Hosts, AreALineEach) {
  EXPECT_EQ(parse_hosts("# rack 7\n\nn1 \t192.0.2.1 # first\r\nn2\n n3 fe80::1%eth0", "f"),
            (Hosts{{"n1", "192.0.2.1"}, {"n2", "n2"}, {"n3", "fe80::1%eth0"}}));
}

TEST(Hosts, AreRejectedWithTheirLine) {
  const auto message_of = [](std::string_view text) {
    try {
      static_cast<void>(parse_hosts(text, "hosts"));
    } catch (const UsageError& error) {
      return std::string(error.what());
    }
    return std::string("nothing");
  };
  EXPECT_EQ(message_of(""), "hosts has 0 hosts; a mesh needs at least two");
  EXPECT_EQ(message_of("a\n# b\n"), "hosts has 1 host; a mesh needs at least two");
  EXPECT_EQ(message_of("a\nb c d\n"), "hosts:2: unexpected 'd'");
  EXPECT_EQ(message_of("a\na b\n"), "hosts:2: duplicate host 'a'");
  EXPECT_EQ(message_of("a x\n\nb x\n"), "hosts:3: duplicate address 'x'");
  for (const char* name :
       {"-a", "a_b", "a;b", "$(a)", "a'b", "\xC3\xA4", "a/b", "a2345678901234567890123456789012"}) {
    EXPECT_NE(message_of(name).find("hosts:1: invalid host name"), std::string::npos) << name;
  }
  for (const char* address : {"-x", "a;b", "`a`", "[::1]"}) {
    EXPECT_NE(message_of("a " + std::string(address)).find("invalid address"), std::string::npos);
  }
}

TEST(Hosts, NameALink) {
  EXPECT_EQ(link_between({"a-1", "x"}, {"b.c", "y"}), "a-1_b.c");
}

TEST(Launcher, PutsTheProgramBehindTheCommand) {
  const Launcher launcher("ssh -o 'User x' {host} -- # {host}", "/opt/bin");
  EXPECT_EQ(launcher.start({"n1", "192.0.2.1"}, "tcpstep-client", {"--sizes=1,2", "192.0.2.2"}),
            (Command{"/bin/sh", "-c", "ssh -o 'User x' n1 -- # n1 \"$@\"", "sh",
                     "/opt/bin/tcpstep-client", "--sizes=1,2", "192.0.2.2"}));
}

TEST(Launcher, PassesOnNothingThatAShellWouldRead) {
  const Launcher launcher("ssh {host}", "");
  for (const char* word :
       {"a b", "a;b", "$a",  "`a`", "a'b",  "a\"b", "a*", "a?", "[a]", "~a", "a&b",
        "a|b", "<a",  "(a)", "{a}", "a\\b", "a\nb", "#a", "!a", "^a",  ""}) {
    EXPECT_FALSE(is_plain_word(word)) << word;
    EXPECT_THROW(static_cast<void>(launcher.start({"n1", "n1"}, "p", {word})), UsageError) << word;
  }
  EXPECT_TRUE(is_plain_word("--lease=120000ms"));
  EXPECT_THROW(Launcher("ssh host", ""), UsageError);
  EXPECT_THROW(Launcher("ssh {host}", "/my programs"), UsageError);
}

}  // namespace
}  // namespace tcpstep
