#include "lib/protocol/authentication.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "lib/base/error.h"
#include "lib/base/file.h"

namespace tcpstep {
namespace {

constexpr std::string_view kHello = R"({"type":"hello","protocol":1})";
constexpr std::string_view kAsked = R"({"type":"request","protocol":1})";

struct Ends {
  explicit Ends(const Secret& client_secret, const Secret& server_secret,
                std::string_view heard = kHello, std::string_view asked = kAsked)
      : client(client_secret, Role::Client, heard, kAsked, "c"),
        server(server_secret, Role::Server, kHello, asked, "c") {}
  Session client;
  Session server;
};

TEST(SessionTest, ProvesEachMessageOfEitherEnd) {
  const Secret secret("sixteen letters!");
  Ends ends(secret, secret);
  EXPECT_EQ(Session(ends.client).prove().size(), 64U);
  EXPECT_TRUE(ends.server.accepts(ends.client.prove()));
  EXPECT_TRUE(ends.client.accepts(ends.server.prove()));
  EXPECT_TRUE(ends.client.accepts(ends.server.prove("accept"), "accept"));
  EXPECT_TRUE(ends.server.accepts(ends.client.prove("ready"), "ready"));
}

TEST(SessionTest, TakesADrawnKeyAsItIs) {
  const auto agree = [](const Secret& a, const Secret& b) {
    Ends ends(a, b);
    return ends.server.accepts(ends.client.prove());
  };
  const std::string key = random_hex(32);
  EXPECT_TRUE(agree(Secret::drawn(key), Secret::drawn(key)));
  EXPECT_FALSE(agree(Secret::drawn(key), Secret::drawn(random_hex(32))));
  EXPECT_FALSE(agree(Secret::drawn(key), Secret(key))) << "there is nothing to stretch";
  for (const std::string& text :
       {std::string("sixteen letters!"), key + "00", "g" + key.substr(1)}) {
    EXPECT_TRUE(agree(Secret::drawn(text), Secret(text))) << text;
  }
}

TEST(SessionTest, ProvesNothingElse) {
  const Secret secret("sixteen letters!");
  const auto is_taken = [](Ends ends) { return ends.server.accepts(ends.client.prove()); };
  EXPECT_FALSE(is_taken(Ends(Secret("sixteen letters?"), secret))) << "another secret";
  EXPECT_FALSE(is_taken(Ends(secret, secret, "{}"))) << "another hello, of another nonce";
  EXPECT_FALSE(is_taken(Ends(secret, secret, kHello, "{}"))) << "another request";
  Ends ends(secret, secret);
  EXPECT_FALSE(Session(ends.client).accepts(ends.client.prove())) << "its own, reflected";
  const std::string first = ends.server.prove("ready");
  const std::string second = ends.server.prove("ready");
  EXPECT_FALSE(Session(ends.client).accepts(second, "ready")) << "out of order";
  EXPECT_FALSE(Session(ends.client).accepts(first, "steady")) << "another message";
  EXPECT_TRUE(ends.client.accepts(first, "ready"));
  EXPECT_FALSE(Session(ends.client).accepts(first, "ready")) << "repeated";
  EXPECT_TRUE(ends.client.accepts(second, "ready"));
}

TEST(SessionTest, AcceptsNoDamagedMac) {
  const Secret secret("sixteen letters!");
  Ends ends(secret, secret);
  const std::string mac = ends.client.prove();
  const auto is_taken = [&](const std::string& given) {
    return Session(ends.server).accepts(given);
  };
  EXPECT_TRUE(is_taken(mac));
  for (std::size_t i = 0; i < mac.size(); ++i) {
    std::string damaged = mac;
    damaged[i] = damaged[i] == '0' ? '1' : '0';
    EXPECT_FALSE(is_taken(damaged)) << i;
  }
  EXPECT_FALSE(is_taken(""));
  EXPECT_FALSE(is_taken(mac.substr(0, 62)));
  EXPECT_FALSE(is_taken(mac + "00"));
  EXPECT_FALSE(is_taken(std::string(64, 'x')));
  EXPECT_FALSE(is_taken(std::string(64, '\0')));
}

TEST(SecretTest, IsRefusedIfItCouldBeGuessed) {
  EXPECT_THROW(Secret("password"), WorldError);
  EXPECT_THROW(Secret(std::string(16, ' ')), WorldError);
  EXPECT_THROW(Secret(std::string(20, '\0')), WorldError);
  EXPECT_THROW(Secret(std::string(1025, 'a') + "bcdefghijk"), WorldError);
}

class SecretFile : public testing::Test {
 protected:
  void write(std::string_view text, std::filesystem::perms mode) {
    std::ofstream(file_) << text;
    std::filesystem::permissions(file_, mode);
  }
  TemporaryFolder folder_;
  std::filesystem::path file_ = folder_.path() / "secret";
};

TEST_F(SecretFile, GivesItsFirstLine) {
  write("sixteen letters!\r\nanother line", std::filesystem::perms(0600));
  Ends ends(Secret("sixteen letters!"), read_secret(file_));
  EXPECT_TRUE(ends.server.accepts(ends.client.prove()));
}

TEST_F(SecretFile, ThatOthersMayReadIsRefused) {
  write("sixteen letters!", std::filesystem::perms(0640));
  try {
    static_cast<void>(read_secret(file_));
    FAIL() << "taken";
  } catch (const WorldError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("640"));
    EXPECT_THAT(error.what(), testing::Not(testing::HasSubstr("sixteen")));
  }
}

TEST_F(SecretFile, ThatIsAPipeIsRefusedAtOnce) {
  ASSERT_EQ(::mkfifo(file_.c_str(), 0600), 0);
  EXPECT_THROW(static_cast<void>(read_secret(file_)), WorldError);
}

TEST_F(SecretFile, ThatIsNotThereIsNamed) {
  EXPECT_THROW(static_cast<void>(read_secret(file_)), std::system_error);
}

TEST(RandomHexTest, IsNeverTheSame) {
  EXPECT_EQ(random_hex(32).size(), 64U);
  EXPECT_NE(random_hex(32), random_hex(32));
  EXPECT_TRUE(is_same_token("ab", "ab"));
  EXPECT_FALSE(is_same_token("ab", "ac"));
  EXPECT_FALSE(is_same_token("ab", "abc"));
}

}  // namespace
}  // namespace tcpstep
