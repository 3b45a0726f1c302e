#include "lib/net/address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include "lib/base/error.h"

namespace tcpstep {
namespace {

sockaddr_in6 v6(const char* text, std::uint16_t port) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(port);
  inet_pton(AF_INET6, text, &address.sin6_addr);
  return address;
}

TEST(AddressTest, PrintsAsPeopleWriteThem) {
  EXPECT_EQ(resolve("192.0.2.1", 80, IpVersion::Any).front().text(), "192.0.2.1:80");
  EXPECT_EQ(resolve("2001:db8::1", 80, IpVersion::Any).front().text(), "[2001:db8::1]:80");
  const auto mapped = v6("::ffff:192.0.2.1", 80);
  const Address address(reinterpret_cast<const sockaddr*>(&mapped), sizeof mapped);
  EXPECT_EQ(address.text(), "192.0.2.1:80");
  EXPECT_EQ(address.version(), IpVersion::V4);
}

TEST(AddressTest, RefusesATruncatedAddressFromTheKernel) {
  const auto whole = v6("2001:db8::1", 80);
  const auto* raw = reinterpret_cast<const sockaddr*>(&whole);
  EXPECT_NO_THROW(Address(raw, sizeof(sockaddr_in6)));
  EXPECT_THROW(Address(raw, sizeof(sockaddr_in)), WorldError);
  EXPECT_THROW(Address(raw, 1), WorldError);
  EXPECT_THROW(Address(raw, 0), WorldError);
}

TEST(AddressTest, RefusesOtherFamilies) {
  sockaddr local{};
  local.sa_family = AF_UNIX;
  EXPECT_THROW(Address(&local, sizeof local), WorldError);
}

TEST(HostTest, IsReadAsSshReadsIt) {
  const auto expect = [](std::string_view text, const std::string& host,
                         std::optional<std::uint16_t> port) {
    const HostAndPort split = split_host(text);
    EXPECT_EQ(split.host, host) << text;
    EXPECT_EQ(split.port, port) << text;
  };
  expect("lab.example.org", "lab.example.org", std::nullopt);
  expect("lab.example.org:7000", "lab.example.org", 7000);
  expect("192.0.2.1:7000", "192.0.2.1", 7000);
  expect("2001:db8::7", "2001:db8::7", std::nullopt);
  expect("[2001:db8::7]", "2001:db8::7", std::nullopt);
  expect("[2001:db8::7]:7000", "2001:db8::7", 7000);
  expect("fe80::1%eth0", "fe80::1%eth0", std::nullopt);
  expect("[fe80::1%eth0]:7000", "fe80::1%eth0", 7000);
}

TEST(HostTest, InvalidOnesAreRejected) {
  for (const std::string_view text :
       {"", ":7000", "host:", "host:0", "host:65536", "host:ssh", "[::1", "[]", "[::1]7000"}) {
    EXPECT_THROW(static_cast<void>(split_host(text)), UsageError) << text;
  }
}

TEST(ResolveTest, AsksForTheInterfaceOfALinkLocalAddress) {
  try {
    static_cast<void>(resolve("fe80::1", 80, IpVersion::Any));
    FAIL();
  } catch (const WorldError& error) {
    EXPECT_NE(std::string(error.what()).find("fe80::1 needs its interface"), std::string::npos);
    EXPECT_NE(error.hint().find("fe80::1%"), std::string::npos);
  }
  EXPECT_EQ(resolve("fe80::1%lo", 80, IpVersion::Any).front().text(), "[fe80::1%lo]:80");
}

TEST(ResolveTest, NamesTheHostItCouldNotFind) {
  try {
    static_cast<void>(resolve("no\x1bsuch.invalid", 80, IpVersion::Any));
    FAIL();
  } catch (const WorldError& error) {
    EXPECT_NE(std::string(error.what()).find("no\\x1bsuch.invalid"), std::string::npos);
  }
}

}  // namespace
}  // namespace tcpstep
