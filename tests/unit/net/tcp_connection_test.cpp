#include "lib/net/tcp_connection.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <csignal>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "lib/base/stop_request.h"
#include "tests/unit/net/loopback.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

constexpr std::array<std::byte, 1> kByte{std::byte{'1'}};
constexpr std::array<std::byte, 2> kTwoBytes{std::byte{'1'}, std::byte{'1'}};

class TcpConnectionTest : public LoopbackTest {
 protected:
  // Waits until what the client sent has reached the server.
  void wait_for_arrival() { static_cast<void>(server->stay_idle(5s)); }
};

TEST_F(TcpConnectionTest, CarriesAPing) {
  EXPECT_EQ(server->send_all(kTwoBytes), PingStatus::Ok);
  std::array<std::byte, 8> buffer{};
  const auto received = client->receive_some(buffer);
  EXPECT_EQ(received.status, PingStatus::Ok);
  EXPECT_EQ(received.bytes, 2U);
  EXPECT_EQ(client->send_all(kByte), PingStatus::Ok);
  EXPECT_EQ(server->receive_ack(), PingStatus::Ok);
}

TEST_F(TcpConnectionTest, TakesTwoBytesForAProtocolError) {
  ASSERT_EQ(client->send_all(kTwoBytes), PingStatus::Ok);
  EXPECT_EQ(server->receive_ack(), PingStatus::Protocol);
}

TEST_F(TcpConnectionTest, TakesAnAckBeforeItsPayloadForAProtocolError) {
  const int small = 4096;
  ::setsockopt(client->fd().get(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  const std::vector<std::byte> payload(300'000);
  Sample ping;
  ASSERT_EQ(client->send_all(kByte), PingStatus::Ok);
  ASSERT_EQ(server->send_all(payload), PingStatus::Ok);
  ASSERT_EQ(server->receive_ack(), PingStatus::Ok);
  server->explain(ping, Duration(0));
  EXPECT_EQ(ping.status, PingStatus::Protocol);

  std::vector<std::byte> buffer(payload.size());
  for (std::size_t got = 0; got < payload.size();) {
    got += client->receive_some(buffer).bytes;
  }
  ASSERT_EQ(client->send_all(kByte), PingStatus::Ok);
  ASSERT_EQ(server->receive_ack(), PingStatus::Ok);
  Sample honest;
  server->explain(honest, Duration(0));
  EXPECT_EQ(honest.status, PingStatus::Ok);
}

TEST_F(TcpConnectionTest, KnowsWhatSegmentsTheOtherEndCanHave) {
  const MssRange before = client->peer_mss();
  EXPECT_GE(before.most, server->path_info().mss->bytes());
  EXPECT_LE(before.least, server->path_info().mss->bytes());
  std::vector<std::byte> buffer(100'000);
  ASSERT_EQ(server->send_all(buffer), PingStatus::Ok);
  for (std::size_t got = 0; got < buffer.size();) {
    got += client->receive_some(buffer).bytes;
  }
  const MssRange after = client->peer_mss();
  EXPECT_GE(after.least, before.least);
  EXPECT_GT(after.least, 536U);
  EXPECT_LE(after.least, server->path_info().mss->bytes());
}

TEST_F(TcpConnectionTest, NoticesAnUnsolicitedByte) {
  EXPECT_EQ(server->stay_idle(0s), PingStatus::Ok);
  ASSERT_EQ(client->send_all(kByte), PingStatus::Ok);
  wait_for_arrival();
  EXPECT_EQ(server->stay_idle(0s), PingStatus::Protocol);
}

TEST_F(TcpConnectionTest, DistinguishesClosedResetAndTimeout) {
  server->set_io_timeout(20ms);
  EXPECT_EQ(server->receive_ack(), PingStatus::Timeout);
  ASSERT_EQ(server->send_all(kByte), PingStatus::Ok);
  client.reset();  // closes with a byte unread: the kernel sends a reset
  EXPECT_EQ(server->receive_ack(), PingStatus::Reset);
}

// Reads 64 KiB every 10 ms until the other end closes.
void sip(TcpConnection& peer) {
  std::vector<std::byte> buffer(std::size_t{64} * 1024);
  while (peer.receive_some(buffer).status == PingStatus::Ok) {
    std::this_thread::sleep_for(10ms);
  }
}

TEST_F(TcpConnectionTest, EndsAPayloadAtTheLimitAlthoughThePeerTakesALittleAtATime) {
  const std::vector<std::byte> more_than_buffers_hold(std::size_t{64} << 20U);
  std::thread reader([this] { sip(*client); });
  server->set_io_timeout(100ms);
  EXPECT_EQ(server->stay_idle(0s), PingStatus::Ok);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(server->send_all(more_than_buffers_hold), PingStatus::Timeout);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);  // all of it would take ten
  server.reset();
  reader.join();
}

TEST_F(TcpConnectionTest, StartsNoPingAfterARequestToStop) {
  request_stop(SIGTERM);
  EXPECT_EQ(server->stay_idle(0s), PingStatus::Interrupted);
  request_stop(0);
  EXPECT_EQ(server->stay_idle(0s), PingStatus::Ok);
}

TEST_F(TcpConnectionTest, ReportsAnOrderlyEnd) {
  client.reset();
  EXPECT_EQ(server->receive_ack(), PingStatus::Closed);
}

TEST_F(TcpConnectionTest, FinishesWithoutWaitingForAPeerThatNeverCloses) {
  EXPECT_EQ(server->finish(1ms), PingStatus::Ok);
}

TEST_F(TcpConnectionTest, FindsAnExtraByteAtTheVeryEnd) {
  ASSERT_EQ(client->send_all(kByte), PingStatus::Ok);
  EXPECT_EQ(server->finish(5s), PingStatus::Protocol);
}

TEST_F(TcpConnectionTest, ReadsItsSettingsBackFromTheKernel) {
  const PathInfo path = server->path_info();
  ASSERT_TRUE(path.mss);
  EXPECT_GT(path.mss->bytes(), 500U);
  EXPECT_TRUE(path.is_nodelay);
  EXPECT_EQ(set_congestion_control(server->fd(), "reno"), CongestionResult::Set);
  EXPECT_EQ(server->path_info().congestion_control, "reno");
  EXPECT_EQ(set_congestion_control(server->fd(), "no-such-control"), CongestionResult::NotOffered);
}

TEST_F(TcpConnectionTest, BeginsWithTheCongestionControlAskedFor) {
  ASSERT_EQ(listener.set_congestion_control("reno"), CongestionResult::Set);
  EXPECT_EQ(listener.set_congestion_control("no-such-control"), CongestionResult::NotOffered);
  client.emplace(TcpConnection::connect(listener.local_address(), 5s, "reno"));
  server.emplace(*listener.accept_now().client);
  EXPECT_EQ(client->path_info().congestion_control, "reno");
  EXPECT_EQ(server->path_info().congestion_control, "reno");
}

// A port that accepts no more connections: the kernel drops further SYNs.
class SilentPort {
 public:
  SilentPort() : listening_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const Address any = resolve("127.0.0.1", 0, IpVersion::V4).front();
    EXPECT_EQ(::bind(listening_.get(), any.raw(), any.length()), 0);
    EXPECT_EQ(::listen(listening_.get(), 0), 0);
    sockaddr_storage local{};
    socklen_t length = sizeof local;
    EXPECT_EQ(::getsockname(listening_.get(), reinterpret_cast<sockaddr*>(&local), &length), 0);
    address_.emplace(reinterpret_cast<const sockaddr*>(&local), length);
    waiting_.emplace(TcpConnection::connect(*address_, 5s));  // the one that it has room for
  }
  [[nodiscard]] const Address& address() const { return *address_; }

 private:
  Fd listening_;
  std::optional<Address> address_;
  std::optional<TcpConnection> waiting_;
};

TEST_F(TcpConnectionTest, ConnectTriesTheNextAddressWhileTheFirstIsSilent) {
  const SilentPort silent;
  std::vector<std::string> shown;
  const std::array addresses{silent.address(), listener.local_address()};
  client.emplace(TcpConnection::connect(
      addresses, 60s, "", [&](const std::string& message) { shown.push_back(message); }));
  EXPECT_EQ(client->peer().text(), listener.local_address().text());
  EXPECT_EQ(shown, std::vector{"no response from " + silent.address().text() + ", trying " +
                               listener.local_address().text()});
}

TEST_F(TcpConnectionTest, ConnectTriesTheNextAddressAtOnceIfTheFirstRefuses) {
  const Address closed = listener.local_address();
  listener = Listener("127.0.0.1", 0, IpVersion::V4);
  std::vector<std::string> shown;
  const std::array addresses{closed, listener.local_address()};
  client.emplace(TcpConnection::connect(
      addresses, 60s, "", [&](const std::string& message) { shown.push_back(message); }));
  EXPECT_EQ(client->peer().text(), listener.local_address().text());
  EXPECT_EQ(shown, std::vector{"connect to " + closed.text() + ": Connection refused, trying " +
                               listener.local_address().text()});
}

TEST_F(TcpConnectionTest, ConnectNamesAnAddressThatStaysSilent) {
  const SilentPort silent;
  std::vector<std::string> shown;
  try {
    static_cast<void>(
        TcpConnection::connect(std::span(&silent.address(), 1), 600ms, "",
                               [&](const std::string& message) { shown.push_back(message); }));
    FAIL();
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code().value(), ETIMEDOUT);
  }
  EXPECT_EQ(shown, std::vector{"no response from " + silent.address().text() + " yet"});
}

TEST_F(TcpConnectionTest, ConnectReportsARefusal) {
  const Address closed = listener.local_address();
  listener = Listener("127.0.0.1", 0, IpVersion::V4);
  try {
    static_cast<void>(TcpConnection::connect(closed, 5s));
    FAIL();
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code().value(), ECONNREFUSED);
    EXPECT_NE(std::string(error.what()).find(closed.text()), std::string::npos);
  }
}

}  // namespace
}  // namespace tcpstep
