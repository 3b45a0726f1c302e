#include "lib/protocol/authentication.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "lib/base/error.h"
#include "lib/base/file.h"

namespace tcpstep {
namespace {

const std::string nonce(64, 'a');
constexpr std::string_view kRequest = R"({"type":"request","protocol":1})";

TEST(SecretTest, ProvesItsOwnMacAndNoOther) {
  const Secret secret("sixteen letters!");
  const std::string mac = secret.mac_of(nonce, kRequest);
  EXPECT_EQ(mac.size(), 64U);
  EXPECT_TRUE(secret.proves(mac, nonce, kRequest));
  EXPECT_FALSE(Secret("sixteen letters?").proves(mac, nonce, kRequest)) << "another secret";
  EXPECT_FALSE(secret.proves(mac, std::string(64, 'b'), kRequest)) << "replayed with a new nonce";
  EXPECT_FALSE(secret.proves(mac, nonce, std::string(kRequest) + " ")) << "another request";
}

TEST(SecretTest, ProvesNoDamagedMac) {
  const Secret secret("sixteen letters!");
  const std::string mac = secret.mac_of(nonce, kRequest);
  for (std::size_t i = 0; i < mac.size(); ++i) {
    std::string damaged = mac;
    damaged[i] = damaged[i] == '0' ? '1' : '0';
    EXPECT_FALSE(secret.proves(damaged, nonce, kRequest)) << i;
  }
  EXPECT_FALSE(secret.proves("", nonce, kRequest));
  EXPECT_FALSE(secret.proves(mac.substr(0, 62), nonce, kRequest));
  EXPECT_FALSE(secret.proves(mac + "00", nonce, kRequest));
  EXPECT_FALSE(secret.proves(std::string(64, 'x'), nonce, kRequest));
  EXPECT_FALSE(secret.proves(std::string(64, '\0'), nonce, kRequest));
}

TEST(SecretTest, IsRefusedIfItCouldBeGuessed) {
  EXPECT_THROW(Secret("password"), WorldError);
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
  const std::string mac = Secret("sixteen letters!").mac_of(nonce, kRequest);
  EXPECT_TRUE(read_secret(file_).proves(mac, nonce, kRequest));
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
